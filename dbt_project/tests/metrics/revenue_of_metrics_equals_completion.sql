-- Revenue, orders and new accounts of fct_metrics are those of fct_target_completion, for every scope, but
-- for wins that were taken back after the period: the metric keeps what was known at the period's end.
with taken_back as (
    select
        day_periods.period_type,
        day_periods.period_start,
        credits.scope_type,
        credits.scope_id,
        credits.metric,
        sum(credits.amount) as amount
    from {{ ref('int_targets__credits') }} as credits
    inner join {{ ref('int_calendar__day_periods') }} as day_periods
        on credits.credited_on = day_periods.date_day
    where credits.voided_on > day_periods.period_end
    group by
        day_periods.period_type, day_periods.period_start,
        credits.scope_type, credits.scope_id, credits.metric
)

select
    completion.period_type,
    completion.period_start,
    completion.scope_type,
    completion.scope_id,
    completion.metric,
    completion.actual_amount,
    metrics.value
from {{ ref('fct_target_completion') }} as completion
left join {{ ref('fct_metrics') }} as metrics
    on
        completion.metric = metrics.metric
        and completion.period_type = metrics.grain
        and completion.period_start = metrics.period_start
        and completion.scope_type = metrics.scope_type
        and completion.scope_id = metrics.scope_id
        and metrics.dimension = ''
left join taken_back
    on
        completion.metric = taken_back.metric
        and completion.period_type = taken_back.period_type
        and completion.period_start = taken_back.period_start
        and completion.scope_type = taken_back.scope_type
        and completion.scope_id = taken_back.scope_id
where
    completion.period_type in ('month', 'quarter')
    and completion.actual_amount is null
    and metrics.value is not null
    or completion.period_type in ('month', 'quarter')
    and completion.actual_amount + coalesce(taken_back.amount, 0)
    != cast(round(coalesce(metrics.value, 0), 2) as decimal(18, 2))
