-- One row per period, scope and open stage with at least one exit: exits by direction, and the
-- days that the stays ended in the period had lasted (whichever way they ended).
with exits as (
    select * from {{ ref('int_funnel__exits') }}
),

scoped as (
    {{ scope_rows('exits', ['exited_on', 'stage', 'direction', 'days_in_stage']) }}
),

counted as (
    select
        periods.period_type,
        periods.period_start,
        periods.period_end,
        scoped.scope_type,
        scoped.scope_id,
        scoped.stage,
        cast(count_if(scoped.direction = 'forward') as bigint) as exits_forward,
        cast(count_if(scoped.direction = 'lost') as bigint) as exits_lost,
        cast(count_if(scoped.direction = 'backward') as bigint) as exits_backward,
        {{ percentiles('scoped.days_in_stage', [0.5, 0.8]) }} as stays
    from scoped
    inner join {{ ref('int_calendar__day_periods') }} as periods
        on scoped.exited_on = periods.date_day
    where periods.period_type in ('week', 'month', 'quarter')
    group by
        periods.period_type, periods.period_start, periods.period_end,
        scoped.scope_type, scoped.scope_id, scoped.stage
)

select
    period_type,
    period_start,
    period_end,
    scope_type,
    scope_id,
    stage,
    exits_forward,
    exits_lost,
    exits_backward,
    {{ nth_of('stays', 1) }} as median_days_in_stage,
    {{ nth_of('stays', 2) }} as p80_days_in_stage
from counted
