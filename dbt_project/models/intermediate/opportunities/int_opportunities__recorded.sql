-- Per source: whether it tells how deals moved between open stages. It does if half of the deals won so far
-- have such a move on record. Where it does not, the past stage of a closed deal is a guess (the first one)
-- while an open deal stands in its real stage, so that comparing the two by stage would compare nothing.
with won as (
    select distinct opportunity_id
    from {{ ref('int_opportunities__events') }}
    where outcome = 'won'
),

moved as (
    select distinct changes.opportunity_id
    from {{ ref('int_opportunities__history') }} as changes
    inner join {{ ref('int_stages') }} as stages on changes.to_stage = stages.stage
    where stages.outcome = 'open' and cast(changes.changed_at as date) <= {{ as_of_date() }}
)

select
    deals.source,
    2 * count(moved.opportunity_id) >= count(*) as records_stages
from won
inner join {{ ref('int_opportunities__united') }} as deals
    on won.opportunity_id = deals.opportunity_id
left join moved on won.opportunity_id = moved.opportunity_id
group by deals.source
