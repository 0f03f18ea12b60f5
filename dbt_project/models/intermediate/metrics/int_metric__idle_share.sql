-- Open deals at the end of the period that nobody touched for longer than the limit in workdays.
with events as (
    select
        snapshot_on as event_on,
        opportunity_id as record_id,
        owner_id,
        team_id,
        region,
        product_line,
        '' as dimension,
        case when idle_workdays > {{ var('idle_limit_workdays') }} then 1 else 0 end as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_metrics__open_deals') }}
    where idle_workdays is not null
),

{{ metric_rows('events', 'idle_share', 'share', 'deals', snapshot=true) }}
