-- Targets that the company keeps in a module of its own: Zoho has no interface for its own. Of two
-- records for one target the one changed last counts.
with own_objects as (
    {{ zoho_current('custom_targets') }}
),

united as (
    select
        period,
        scope_type,
        scope_id,
        coalesce(metric, 'revenue') as metric,
        target_amount,
        version,
        effective_from,
        reason,
        source,
        _loaded_at,
        row_number() over (
            partition by source, period, scope_type, scope_id, coalesce(metric, 'revenue'), effective_from
            order by modified_time desc, id asc
        ) as record_rank
    from own_objects
),

newest as (
    select * from united
    where record_rank = 1
),

{{ staged_targets('newest') }}
