-- Open deals at the end of the period, by count. Stalled: longer in its stage than won deals usually
-- were, or longer untouched than the limit.
with events as (
    select
        snapshot_on as event_on,
        opportunity_id as record_id,
        owner_id,
        team_id,
        region,
        product_line,
        '' as dimension,
        case when is_stalled then 1 else 0 end as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_metrics__open_deals') }}
),

{{ metric_rows('events', 'stalled_share', 'share', 'deals', snapshot=true) }}
