-- Credited to whom the deal belonged on the day it was created.
with events as (
    select
        entered_on as event_on,
        opportunity_id as record_id,
        owner_id,
        team_id,
        region,
        product_line,
        '' as dimension,
        1 as numerator,
        0 as denominator,
        1 as cases
    from {{ ref('int_opportunities__events') }}
    where event_number = 1
),

{{ metric_rows('events', 'opportunities_created', 'count', 'deals') }}
