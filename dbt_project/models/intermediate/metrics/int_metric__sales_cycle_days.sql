-- Days from the first creation to the close of the deals won in the period; the pause of a deal that
-- was lost and reopened is part of its cycle. Lost deals and open deals are not in it.
with events as (
    select
        wins.entered_on as event_on,
        wins.opportunity_id as record_id,
        wins.undone_on as reopened_on,
        wins.owner_id,
        wins.team_id,
        wins.region,
        wins.product_line,
        '' as dimension,
        {{ days_between('deals.created_on', 'wins.entered_on') }} as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_opportunities__events') }} as wins
    inner join {{ ref('int_opportunities__state') }} as deals
        on wins.opportunity_id = deals.opportunity_id
    -- A deal that is older than its record has no known cycle.
    where wins.is_close and wins.outcome = 'won' and deals.created_on is not null
),

{{ metric_rows('events', 'sales_cycle_days', 'median', 'deals', until='reopened_on') }}
