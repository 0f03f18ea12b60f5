-- A deal that is reopened before the period ends is not closed in it: the close is void, and only
-- the last close counts. Reopened later, it stays in this period's figure and closes again in its own.
with events as (
    select
        entered_on as event_on,
        opportunity_id as record_id,
        undone_on as reopened_on,
        owner_id,
        team_id,
        region,
        product_line,
        '' as dimension,
        case when outcome = 'won' then greatest(coalesce(amount, 0), 0) else 0 end as numerator,
        -- A deal below zero (a credit) is no part of what could be won.
        greatest(coalesce(amount, 0), 0) as denominator,
        1 as cases
    from {{ ref('int_opportunities__events') }}
    where is_close
),

{{ metric_rows('events', 'win_rate_amount', 'share', 'deals', until='reopened_on') }}
