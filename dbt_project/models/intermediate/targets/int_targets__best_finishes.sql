-- The fastest finish a scope ever made: over its earlier finished periods of that type, the highest
-- amount per workday between a judged day and the period's end, at about the same part of the period
-- (quarters of a month, tenths of a quarter). What is needed from here is measured against it.
with weekly as (
    select
        scope_type,
        scope_id,
        metric,
        period_type,
        period_start,
        period_end,
        data_start,
        part,
        workdays_total - workdays_elapsed as workdays_left,
        cast(final_amount - actual_amount as double) as finish_amount
    from {{ ref('int_targets__bookings') }}
    where part is not null and period_type in ('month', 'quarter')
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
