with events as (
    select
        created_on as event_on,
        lead_id as record_id,
        owner_id,
        team_id,
        region,
        '' as dimension,
        1 as numerator,
        0 as denominator,
        1 as cases
    from {{ ref('int_metrics__leads') }}
),

{{ metric_rows('events', 'leads_created', 'count', 'leads', product_line=none) }}
