-- Days from the first creation to the close of the deals won in the period; the pause of a deal that
-- was lost and reopened is part of its cycle. Lost deals and open deals are not in it.
with events as (
    select
        wins.entered_on as event_on,
        wins.opportunity_id as record_id,
        wins.left_on as reopened_on,
        wins.owner_id,
        wins.team_id,
        wins.region,
        wins.product_line,
        '' as dimension,
        {{ days_between('deals.created_on', 'wins.entered_on') }} as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_opportunities__events') }} as wins
    inner join {{ ref('int_opportunities__united') }} as deals
        on wins.opportunity_id = deals.opportunity_id
    where wins.outcome = 'won'
),

{{ metric_rows('events', 'sales_cycle_days', 'median', 'deals', until='reopened_on') }}
