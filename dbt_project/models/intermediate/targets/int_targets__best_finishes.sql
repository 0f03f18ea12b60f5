-- The fastest finish a scope ever made: over its earlier finished periods of that type, the highest
-- amount per workday between a judged day and the period's end, at about the same part of the period
-- (quarters of a month, tenths of a quarter). What is needed from here is measured against it.
with weekly as (
    select
        actuals.scope_type,
        actuals.scope_id,
        actuals.metric,
        spine.as_of,
        spine.period_type,
        spine.period_start,
        spine.period_end,
        spine.data_start,
        spine.workdays_total - spine.workdays_elapsed as workdays_left,
        cast(actuals.final_amount - actuals.actual_amount as double) as finish_amount,
        floor(
            case spine.period_type when 'month' then 4 else 10 end
            * cast(spine.workdays_elapsed as double) / greatest(spine.workdays_total, 1)
        ) as part
    from {{ ref('int_targets__spine') }} as spine
    inner join {{ ref('int_targets__actuals') }} as actuals
        on
            spine.as_of = actuals.as_of
            and spine.period_type = actuals.period_type
            and spine.period_start = actuals.period_start
    where spine.is_running and spine.period_type in ('month', 'quarter')
),

by_part as (
    select
        scope_type,
        scope_id,
        metric,
        period_type,
        period_start,
        part,
        max(case
            when period_start >= data_start and workdays_left > 0 and period_end <= {{ as_of_date() }}
                then finish_amount / workdays_left
        end) as finish_rate
    from weekly
    group by scope_type, scope_id, metric, period_type, period_start, part
)

select
    scope_type,
    scope_id,
    metric,
    period_type,
    period_start,
    part,
    max(finish_rate) over earlier as best_finish_rate,
    count(finish_rate) over earlier as finishes_seen
from by_part
window earlier as (
    partition by scope_type, scope_id, metric, period_type, part
    order by period_start
    rows between unbounded preceding and 1 preceding
)
