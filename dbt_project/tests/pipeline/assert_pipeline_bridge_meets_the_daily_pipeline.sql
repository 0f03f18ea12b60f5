-- A failing row is a week and scope whose bridge does not meet the pipeline, or the week before.
with weeks as (
    select
        *,
        least(week_end, {{ as_of_date() }}) as last_day,
        lag(closing, 1, 0) over (partition by scope_type, scope_id order by week_start) as closing_before
    from {{ ref('fct_pipeline_movement') }}
),

daily as (
    select
        date_day,
        scope_type,
        scope_id,
        sum(open_amount) as open_amount
    from {{ ref('fct_pipeline_daily') }}
    group by date_day, scope_type, scope_id
)

select
    weeks.week_start,
    weeks.scope_type,
    weeks.scope_id,
    weeks.closing_before,
    weeks.opening,
    weeks.closing,
    daily.open_amount
from weeks
left join daily
    on
        weeks.last_day = daily.date_day
        and weeks.scope_type = daily.scope_type
        and weeks.scope_id = daily.scope_id
where
    weeks.opening != weeks.closing_before
    or weeks.closing != coalesce(daily.open_amount, 0)
