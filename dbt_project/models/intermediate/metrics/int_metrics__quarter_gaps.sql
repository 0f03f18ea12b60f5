-- Per metric period and scope, at its closing day: the revenue target of the quarter that holds that day,
-- as known then, and what was booked of it by then.
with closings as (
    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        periods.closed_on,
        days.fiscal_quarter_start as quarter_start,
        days.fiscal_quarter_end as quarter_end
    from {{ ref('int_metrics__periods') }} as periods
    inner join {{ ref('int_calendar__days') }} as days
        on periods.closed_on = days.date_day
    where periods.subject = 'deals'
),

days as (
    select distinct
        closed_on,
        quarter_start
    from closings
),

booked as (
    select
        days.closed_on,
        days.quarter_start,
        credits.scope_type,
        credits.scope_id,
        sum(credits.amount) as booked_amount
    from days
    inner join {{ ref('int_targets__credits') }} as credits
        on
            credits.metric = 'revenue'
            and days.quarter_start <= credits.credited_on
            and {{ still_credited('credits', 'days.closed_on') }}
    group by days.closed_on, days.quarter_start, credits.scope_type, credits.scope_id
)

select
    closings.grain,
    closings.period_start,
    closings.period_end,
    closings.closed_on,
    closings.quarter_start,
    closings.quarter_end,
    in_force.scope_type,
    in_force.scope_id,
    in_force.target_amount,
    coalesce(booked.booked_amount, 0) as booked_amount,
    -- Nothing left to book: the target is met, and what is asked of the pipeline is no ratio any more.
    case
        when in_force.target_amount > coalesce(booked.booked_amount, 0)
            then in_force.target_amount - coalesce(booked.booked_amount, 0)
    end as remaining_amount
from closings
inner join {{ ref('int_targets__in_force') }} as in_force
    on
        closings.closed_on = in_force.as_of
        and in_force.period_type = 'quarter'
        and closings.quarter_start = in_force.period_start
        and in_force.metric = 'revenue'
left join booked
    on
        closings.closed_on = booked.closed_on
        and in_force.scope_type = booked.scope_type
        and in_force.scope_id = booked.scope_id
