-- How a week of the quarter (a month of the quarter) usually stands against the average one, for figures
-- that flow: amount per workday, from the company's complete periods before, once there is a year of
-- them. Drawn towards 1 by four average periods, because a place has been seen a few times only.
with company as (
    select
        united.metric,
        united.grain,
        united.period_start,
        periods.place_in_quarter,
        case
            when periods.is_complete and periods.workdays_total > 0 then united.value / periods.workdays_total
        end as rate
    from {{ ref('int_metrics__united') }} as united
    inner join {{ ref('int_metrics__periods') }} as periods
        on
            united.subject = periods.subject
            and united.grain = periods.grain
            and united.period_start = periods.period_start
    where united.scope_type = 'company' and united.kind in ('count', 'amount') and united.dimension = ''
),

seen as (
    select
        *,
        avg(rate) over (
            partition by metric, grain
            order by period_start rows between unbounded preceding and 1 preceding
        ) as usual_rate,
        count(rate) over (
            partition by metric, grain
            order by period_start rows between unbounded preceding and 1 preceding
        ) as periods_seen,
        avg(rate) over (
            partition by metric, grain, place_in_quarter
            order by period_start rows between unbounded preceding and 1 preceding
        ) as place_rate,
        count(rate) over (
            partition by metric, grain, place_in_quarter
            order by period_start rows between unbounded preceding and 1 preceding
        ) as place_seen
    from company
)

select
    metric,
    grain,
    period_start,
    case
        when
            grain in ('week', 'month') and usual_rate > 0 and place_seen > 0
            and periods_seen >= case grain when 'week' then 52 else 12 end
            then (place_seen * place_rate / usual_rate + 4) / (place_seen + 4)
        else 1.0
    end as season
from seen
