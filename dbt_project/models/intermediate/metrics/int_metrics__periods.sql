-- Per subject: weeks, months and quarters since its data start, up to the one that holds the as-of day.
-- closed_on: the day on which a period's figure is taken, its last day or the as-of day.
-- place_in_quarter: week 0-13 or month 0-2 of the fiscal quarter, for the season.
select
    subjects.subject,
    periods.period_type as grain,
    periods.period_start,
    periods.period_end,
    periods.workdays_total,
    least(periods.period_end, {{ as_of_date() }}) as closed_on,
    periods.period_end <= {{ as_of_date() }} and periods.period_start >= subjects.starts_on as is_complete,
    case periods.period_type
        when 'week' then floor({{ days_between('days.fiscal_quarter_start', 'periods.period_start') }} / 7)
        when 'month' then floor({{ days_between('days.fiscal_quarter_start', 'periods.period_start') }} / 28)
        else 0
    end as place_in_quarter
from {{ ref('int_calendar__periods') }} as periods
inner join {{ ref('int_metrics__subjects') }} as subjects
    on periods.period_end >= subjects.starts_on
inner join {{ ref('int_calendar__days') }} as days
    on periods.period_start = days.date_day
where
    periods.period_type in ('week', 'month', 'quarter')
    and periods.period_start <= {{ as_of_date() }}
