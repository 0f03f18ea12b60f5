-- A failing row is a month and stage in which the funnel and the stage events differ.
with events as (
    select
        stays.stage,
        days.fiscal_month_start as month_start,
        count_if(stays.is_first_entry) as entered,
        0 as exits
    from {{ ref('fct_stage_events') }} as stays
    inner join {{ ref('dim_date') }} as days on stays.entered_on = days.date_day
    where stays.outcome != 'lost'
    group by stays.stage, days.fiscal_month_start
    union all
    select
        stays.stage,
        days.fiscal_month_start as month_start,
        0 as entered,
        count(*) as exits
    from {{ ref('fct_stage_events') }} as stays
    inner join {{ ref('dim_date') }} as days on stays.left_on = days.date_day
    where stays.outcome = 'open'
    group by stays.stage, days.fiscal_month_start
),

counted as (
    select
        stage,
        month_start,
        sum(entered) as entered,
        sum(exits) as exits
    from events
    group by stage, month_start
),

funnel as (
    select
        stage,
        period_start as month_start,
        entered,
        coalesce(exits_forward + exits_lost + exits_backward, 0) as exits
    from {{ ref('fct_funnel') }}
    where period_type = 'month' and scope_type = 'company'
)

select
    coalesce(counted.stage, funnel.stage) as stage,
    coalesce(counted.month_start, funnel.month_start) as month_start,
    counted.entered as events_entered,
    funnel.entered as funnel_entered,
    counted.exits as events_exits,
    funnel.exits as funnel_exits
from counted
full outer join funnel
    on counted.stage = funnel.stage and counted.month_start = funnel.month_start
where
    coalesce(counted.entered, 0) != coalesce(funnel.entered, 0)
    or coalesce(counted.exits, 0) != coalesce(funnel.exits, 0)
