-- What was to be expected of each metric value from the complete periods before it: the last 26 weeks
-- (at least 12), 12 months (at least 6) or 8 quarters (at least 4) of the same scope.
-- Shares: pooled (sum of numerators / sum of denominators). Flows: mean rate per workday, times the
-- workdays and the season of the period. Levels and medians: plain mean; level_by_week: the mean of the
-- same week (month) of at least 3 earlier quarters.
-- Only levels by week are parted further, by their place: all others need one order of rows for both
-- windows.
with windowed as (
    {%- for grain, longest, shortest in [('week', 26, 12), ('month', 12, 6), ('quarter', 8, 4)] %}
    {%- for comparison, needed, place in [('<>', shortest, ''), ('=', 3, ', compared_place')] %}
    {%- set rows = grain ~ ('_by_place' if place else '') %}
    select
        *,
        {{ needed }} as periods_needed,
        avg(steady_rate) over earlier_{{ rows }} as mean_rate,
        stddev_samp(steady_rate) over earlier_{{ rows }} as rate_deviation,
        count(steady_rate) over earlier_{{ rows }} as periods_seen,
        sum(whole_numerator) over earlier_{{ rows }} as pooled_numerator,
        sum(whole_denominator) over earlier_{{ rows }} as pooled_denominator,
        lag(value) over in_order_{{ rows }} as value_before,
        lag(period_end) over in_order_{{ rows }} as ended_before,
        lag(is_complete) over in_order_{{ rows }} as is_complete_before
    from {{ ref('int_metrics__rates') }}
    where grain = '{{ grain }}' and kind {{ comparison }} 'level_by_week'
    window
        in_order_{{ rows }} as (partition by metric, scope_type, scope_id, dimension order by period_start),
        earlier_{{ rows }} as (
            partition by metric, scope_type, scope_id, dimension{{ place }} order by period_start
            rows between {{ longest }} preceding and 1 preceding
        )
    {%- if not (loop.last and place and grain == 'quarter') %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
)

select
    *,
    case
        when periods_seen < periods_needed then null
        when kind = 'share' then {{ safe_divide('pooled_numerator', 'pooled_denominator') }}
        when kind in ('count', 'amount') then mean_rate * workdays_total * season
        else mean_rate
    end as baseline,
    case
        when kind in ('count', 'amount') then rate_deviation * workdays_total * season
        else rate_deviation
    end as deviation
from windowed
