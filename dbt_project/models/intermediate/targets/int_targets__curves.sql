-- How the company's finished periods filled up: per metric, period and number of workdays gone, the
-- share of the period's final figure that was booked by then. Workday 0 is what came before the
-- first workday; days off belong to the workday before them, so a holiday week adds no step.
with booked as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        credits.metric,
        days.workday_index - day_before.workday_index as workday_number,
        last_day.workday_index - day_before.workday_index as workdays_total,
        sum(credits.amount) as amount
    from {{ ref('int_targets__credits') }} as credits
    cross join {{ ref('int_targets__data_span') }} as span
    inner join {{ ref('int_calendar__day_periods') }} as periods
        on
            credits.credited_on = periods.date_day
            and periods.period_type in ('month', 'quarter', 'year')
            and span.data_start <= periods.period_start
            and span.as_of >= periods.period_end
    inner join {{ ref('int_calendar__days') }} as days
        on credits.credited_on = days.date_day
    inner join {{ ref('int_calendar__days') }} as day_before
        on {{ add_days('periods.period_start', -1) }} = day_before.date_day
    inner join {{ ref('int_calendar__days') }} as last_day
        on periods.period_end = last_day.date_day
    where
        credits.scope_type = 'company'
        and (credits.voided_on is null or credits.voided_on > periods.period_end)
    group by
        periods.period_type, periods.period_start, periods.period_end, credits.metric,
        days.workday_index, day_before.workday_index, last_day.workday_index
),

spanned as (
    select
        period_type,
        period_start,
        period_end,
        metric,
        workdays_total,
        sum(amount) as total_amount
    from booked
    group by period_type, period_start, period_end, metric, workdays_total
    having sum(amount) > 0
),

-- One row per workday, also where nothing was booked: the workdays of the period itself, and 0.
steps as (
    select distinct
        spanned.*,
        greatest(days.workday_index - day_before.workday_index, 0) as workday_number
    from spanned
    inner join {{ ref('int_calendar__days') }} as day_before
        on {{ add_days('spanned.period_start', -1) }} = day_before.date_day
    inner join {{ ref('int_calendar__days') }} as days
        on days.date_day between {{ add_days('spanned.period_start', -1) }} and spanned.period_end
),

cumulated as (
    select
        steps.*,
        sum(coalesce(booked.amount, 0)) over (
            partition by steps.metric, steps.period_type, steps.period_start
            order by steps.workday_number
        ) as booked_amount
    from steps
    left join booked
        on
            steps.metric = booked.metric
            and steps.period_type = booked.period_type
            and steps.period_start = booked.period_start
            and steps.workday_number = booked.workday_number
)

select
    metric,
    period_type,
    period_start,
    period_end,
    workday_number,
    workdays_total,
    dense_rank() over (partition by metric, period_type order by period_start) as period_number,
    cast(booked_amount as double) / cast(total_amount as double) as booked_share,
    cast(coalesce(
        lead(booked_amount) over (
            partition by metric, period_type, period_start order by workday_number
        ), booked_amount
    ) as double) / cast(total_amount as double) as next_booked_share
from cumulated
