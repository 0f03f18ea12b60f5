-- Credited to whom the deal belonged on the day it was created.
with events as (
    select
        events.entered_on as event_on,
        events.opportunity_id as record_id,
        events.owner_id,
        events.team_id,
        events.region,
        events.product_line,
        '' as dimension,
        1 as numerator,
        0 as denominator,
        1 as cases
    from {{ ref('int_opportunities__events') }} as events
    inner join {{ ref('int_opportunities__state') }} as deals
        on events.opportunity_id = deals.opportunity_id
    -- When a deal was created that is older than its record, nobody knows.
    where events.event_number = 1 and deals.created_on is not null
),

{{ metric_rows('events', 'opportunities_created', 'count', 'deals') }}
