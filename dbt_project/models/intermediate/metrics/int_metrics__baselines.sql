-- What was to be expected of each metric value from the complete periods before it: the last 26 weeks
-- (at least 12), 12 months (at least 6) or 8 quarters (at least 4) of the same scope.
-- Shares: pooled (sum of numerators / sum of denominators). Flows: mean rate per workday, times the
-- workdays and the season of the period. Levels and medians: plain mean; level_by_week: the mean of the
-- same week (month) of at least 3 earlier quarters.
with windowed as (
    {%- for grain, longest, shortest in [('week', 26, 12), ('month', 12, 6), ('quarter', 8, 4)] %}
    select
        *,
        case kind when 'level_by_week' then 3 else {{ shortest }} end as periods_needed,
        avg(steady_rate) over earlier_{{ grain }} as mean_rate,
        stddev_samp(steady_rate) over earlier_{{ grain }} as rate_deviation,
        count(steady_rate) over earlier_{{ grain }} as periods_seen,
        sum(whole_numerator) over earlier_{{ grain }} as pooled_numerator,
        sum(whole_denominator) over earlier_{{ grain }} as pooled_denominator,
        lag(value) over in_order_{{ grain }} as value_before,
        lag(period_end) over in_order_{{ grain }} as ended_before,
        lag(is_complete) over in_order_{{ grain }} as is_complete_before
    from {{ ref('int_metrics__rates') }}
    where grain = '{{ grain }}'
    window
        in_order_{{ grain }} as (partition by metric, scope_type, scope_id, dimension order by period_start),
        earlier_{{ grain }} as (
            partition by metric, scope_type, scope_id, dimension, compared_place order by period_start
            rows between {{ longest }} preceding and 1 preceding
        )
    {%- if not loop.last %}
    union all
    {%- endif %}
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
