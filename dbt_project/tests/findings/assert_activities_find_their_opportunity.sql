-- A failing row is an activity whose opportunity does not exist.
select
    activities.activity_id,
    activities.opportunity_id
from {{ ref('fct_activities') }} as activities
left join {{ ref('fct_opportunities') }} as deals
    on activities.opportunity_id = deals.opportunity_id
where activities.opportunity_id is not null and deals.opportunity_id is null
