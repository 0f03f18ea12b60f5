-- A failing row is a person whose target may contain others'.
select
    scope_id as rep_id,
    metric,
    period_type,
    count(*) as periods,
    sum(whole_amount) as target_amount,
    sum(parts_amount) as others_amount
from {{ ref('rpt_target_alignment') }}
where finding = 'may_contain_people'
group by scope_id, metric, period_type
