-- A failing row is a person whom facts name and no user list contains.
select
    reps.rep_id,
    count(deals.opportunity_id) as opportunities
from {{ ref('dim_rep') }} as reps
left join {{ ref('fct_opportunities') }} as deals on reps.rep_id = deals.owner_id
where
    not reps.is_listed
    and exists (
        select 1 from {{ ref('dim_rep') }} as listed
        where listed.is_listed
    )
group by reps.rep_id
