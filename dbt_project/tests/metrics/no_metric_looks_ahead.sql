-- No row lies in the future, and no row without a whole past has a baseline.
select
    metric,
    grain,
    period_start,
    scope_type,
    scope_id
from {{ ref('fct_metrics') }}
where
    period_start > as_of
    or is_complete and period_end > as_of
    or baseline is not null
    and coalesce(baseline_periods, 0) < case kind when 'level_by_week' then 3 else 4 end
