-- The largest open deal due in the current quarter at the end of the period / what was still to be booked
-- for the quarter's revenue target: how much hangs on one deal. Nothing left to book: null.
with due as (
    {{ scope_rows(ref('int_metrics__open_deals'), ['snapshot_on', 'expected_close_on', 'amount']) }}
)

select
    'concentration' as metric,
    'level' as kind,
    'deals' as subject,
    gaps.grain,
    gaps.period_start,
    gaps.period_end,
    gaps.scope_type,
    gaps.scope_id,
    '' as dimension,
    cast(coalesce(max(due.amount), 0) as double) as numerator,
    cast(max(gaps.remaining_amount) as double) as denominator,
    {{ safe_divide('coalesce(max(due.amount), 0)', 'max(gaps.remaining_amount)') }} as value,
    count(due.amount) as sample_size
from {{ ref('int_metrics__quarter_gaps') }} as gaps
left join due
    on
        gaps.closed_on = due.snapshot_on
        and gaps.scope_type = due.scope_type
        and gaps.scope_id = due.scope_id
        and due.expected_close_on between gaps.quarter_start and gaps.quarter_end
group by gaps.grain, gaps.period_start, gaps.period_end, gaps.scope_type, gaps.scope_id
