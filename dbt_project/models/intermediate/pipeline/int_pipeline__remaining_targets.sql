-- One row per day up to the as-of day and scope with a revenue target for the fiscal quarter of the
-- day: what is still to be booked after that day. The target is the one in force on the last judged
-- day (week ends, month ends, the as-of day); before a quarter's first, the one of that.
with in_force as (
    select
        targets.as_of,
        targets.period_start,
        targets.scope_type,
        targets.scope_id,
        targets.target_amount,
        row_number() over (
            partition by targets.period_start, targets.scope_type, targets.scope_id
            order by targets.as_of
        ) as judged_number,
        lead(targets.as_of) over (
            partition by targets.period_start, targets.scope_type, targets.scope_id
            order by targets.as_of
        ) as next_judged
    from {{ ref('int_targets__in_force') }} as targets
    inner join {{ ref('int_calendar__days') }} as judged on targets.as_of = judged.date_day
    where
        targets.period_type = 'quarter'
        and targets.metric = 'revenue'
        and targets.period_start = judged.fiscal_quarter_start
),

daily_targets as (
    select
        days.date_day,
        days.fiscal_quarter_start,
        in_force.scope_type,
        in_force.scope_id,
        in_force.target_amount
    from in_force
    inner join {{ ref('int_calendar__days') }} as days
        on in_force.period_start = days.fiscal_quarter_start
    where
        days.date_day <= {{ as_of_date() }}
        and (in_force.judged_number = 1 or days.date_day >= in_force.as_of)
        and (in_force.next_judged is null or days.date_day < in_force.next_judged)
),

-- A win that was taken back within its quarter leaves on that day what it had filled.
booked as (
    select
        booked_on,
        scope_type,
        scope_id,
        sum(amount) as amount
    from (
        select
            credited_on as booked_on,
            scope_type,
            scope_id,
            amount
        from {{ ref('int_targets__credits') }}
        where metric = 'revenue'
        union all
        select
            credits.voided_on as booked_on,
            credits.scope_type,
            credits.scope_id,
            -credits.amount as amount
        from {{ ref('int_targets__credits') }} as credits
        inner join {{ ref('int_calendar__days') }} as days on credits.credited_on = days.date_day
        where
            credits.metric = 'revenue'
            and credits.voided_on between days.fiscal_quarter_start and days.fiscal_quarter_end
    ) as changes
    group by booked_on, scope_type, scope_id
)

select
    daily_targets.date_day,
    daily_targets.scope_type,
    daily_targets.scope_id,
    cast(daily_targets.target_amount - sum(coalesce(booked.amount, 0)) over (
        partition by
            daily_targets.scope_type, daily_targets.scope_id, daily_targets.fiscal_quarter_start
        order by daily_targets.date_day
    ) as decimal(18, 2)) as remaining_amount
from daily_targets
left join booked
    on
        daily_targets.date_day = booked.booked_on
        and daily_targets.scope_type = booked.scope_type
        and daily_targets.scope_id = booked.scope_id
