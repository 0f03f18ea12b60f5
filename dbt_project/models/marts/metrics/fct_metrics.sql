-- Every metric per grain, period, scope and dimension, with what was to be expected of it.
-- Limits lie 2.5 sigma away: on the square root of small counts (Poisson), on the arcsine of shares
-- (binomial), plainly elsewhere.
with compared as (
    select
        now_values.*,
        year_ago.value as value_year_ago,
        year_ago.is_complete as is_complete_year_ago,
        now_values.ended_before = {{ add_days('now_values.period_start', -1) }} as is_adjacent,
        now_values.kind in ('count', 'amount') as is_flow
    from {{ ref('int_metrics__baselines') }} as now_values
    inner join {{ ref('int_calendar__periods') }} as periods
        on now_values.grain = periods.period_type and now_values.period_start = periods.period_start
    left join {{ ref('int_metrics__rates') }} as year_ago
        on
            now_values.metric = year_ago.metric
            and now_values.grain = year_ago.grain
            and now_values.scope_type = year_ago.scope_type
            and now_values.scope_id = year_ago.scope_id
            and now_values.dimension = year_ago.dimension
            and periods.year_ago_start = year_ago.period_start
)

select
    metric,
    kind,
    grain,
    period_start,
    period_end,
    scope_type,
    scope_id,
    dimension,
    value,
    numerator,
    denominator,
    sample_size,
    baseline,
    cast(case when baseline is not null then periods_seen end as bigint) as baseline_periods,
    {{ expected_limit(-1) }} as expected_low,
    {{ expected_limit(1) }} as expected_high,
    case
        when is_adjacent and (not is_flow or (is_complete and is_complete_before)) then value_before
    end as previous,
    case when not is_flow or (is_complete and is_complete_year_ago) then value_year_ago end as year_ago,
    is_complete,
    {{ as_of_date() }} as as_of
from compared
