-- Open amount due in the next quarter at the end of the period / the revenue target of that quarter as known
-- then. What it should be depends on how near the quarter is: compare with the same week of earlier quarters.
with closings as (
    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        periods.closed_on,
        next_days.fiscal_quarter_start as next_start,
        next_days.fiscal_quarter_end as next_end
    from {{ ref('int_metrics__periods') }} as periods
    inner join {{ ref('int_calendar__days') }} as days
        on periods.closed_on = days.date_day
    inner join {{ ref('int_calendar__days') }} as next_days
        on {{ add_days('days.fiscal_quarter_end', 1) }} = next_days.date_day
    where periods.subject = 'deals'
),

asked as (
    select
        closings.*,
        in_force.scope_type,
        in_force.scope_id,
        in_force.target_amount
    from closings
    inner join {{ ref('int_targets__in_force') }} as in_force
        on
            closings.closed_on = in_force.as_of
            and in_force.period_type = 'quarter'
            and closings.next_start = in_force.period_start
            and in_force.metric = 'revenue'
),

due as (
    {{ scope_rows(ref('int_metrics__open_deals'), ['snapshot_on', 'expected_close_on', 'amount']) }}
)

select
    'pipeline_coverage_next' as metric,
    'level_by_week' as kind,
    'deals' as subject,
    asked.grain,
    asked.period_start,
    asked.period_end,
    asked.scope_type,
    asked.scope_id,
    '' as dimension,
    cast(coalesce(sum(due.amount), 0) as double) as numerator,
    cast(max(asked.target_amount) as double) as denominator,
    {{ safe_divide('coalesce(sum(due.amount), 0)', 'max(asked.target_amount)') }} as value,
    count(due.amount) as sample_size
from asked
left join due
    on
        asked.closed_on = due.snapshot_on
        and asked.scope_type = due.scope_type
        and asked.scope_id = due.scope_id
        and due.expected_close_on between asked.next_start and asked.next_end
group by asked.grain, asked.period_start, asked.period_end, asked.scope_type, asked.scope_id
