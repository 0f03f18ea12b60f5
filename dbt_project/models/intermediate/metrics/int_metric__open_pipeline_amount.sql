-- All open deals at the end of the period, whatever their expected close; the denominator counts them.
with events as (
    select
        snapshot_on as event_on,
        opportunity_id as record_id,
        owner_id,
        team_id,
        region,
        product_line,
        '' as dimension,
        amount as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_metrics__open_deals') }}
),

{{ metric_rows('events', 'open_pipeline_amount', 'level', 'deals', snapshot=true) }}
