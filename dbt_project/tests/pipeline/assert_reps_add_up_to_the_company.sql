-- A failing row is a day on which the reps' pipeline is not the company's.
select
    date_day,
    sum(case when scope_type = 'company' then open_amount else 0 end) as company_amount,
    sum(case when scope_type = 'rep' then open_amount else 0 end) as reps_amount
from {{ ref('fct_pipeline_daily') }}
inner join {{ ref('dim_date') }} using (date_day)
group by date_day
having
    sum(case when scope_type = 'company' then open_amount else 0 end)
    != sum(case when scope_type = 'rep' then open_amount else 0 end)
