-- A target that stands in two records (copied, or entered anew without an effective date) counts
-- once: the record that was changed last.
with current_rows as (
    {{ jiandaoyun_current('targets', 'record_id') }}
),

scoped as (
    select
        target_id,
        period,
        scope_type,
        metric,
        effective_from,
        version,
        reason,
        target_amount,
        updated_at,
        source,
        _loaded_at,
        case when scope_type = 'company' then 'company' else scope_id end as scope_id
    from current_rows
),

newest as (
    {{ newest_of(
        'scoped',
        'source, period, scope_type, scope_id, metric, effective_from',
        'updated_at desc nulls last, _loaded_at desc, target_id'
    ) }}
),

{{ staged_targets('newest') }}
