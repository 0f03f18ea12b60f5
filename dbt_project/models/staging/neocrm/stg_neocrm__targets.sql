-- The company's own object of targets, if it keeps them in one: the system has none. A target that
-- stands in two records (copied, or entered anew without an effective date) counts once: the record
-- that was changed last.
with scoped as (
    select
        *,
        {{ neocrm_scope_type('scope_type') }} as scope
    from ({{ neocrm_current('custom_targets', 'custom_targets') }}) as current_rows
),

named as (
    select
        id,
        period,
        scope as scope_type,
        case when scope = 'company' then 'company' else scope_id end as scope_id,
        coalesce(metric, 'revenue') as metric,
        effective_from,
        version,
        reason,
        target_amount,
        updated_at,
        source,
        _loaded_at
    from scoped
),

newest as (
    {{ newest_of(
        'named',
        'source, period, scope_type, scope_id, metric, effective_from',
        'updated_at desc, _loaded_at desc, id'
    ) }}
),

{{ staged_targets('newest') }}
