-- Per subject, every day of every metric period: which week, month and quarter an event falls into.
select
    periods.subject,
    days.date_day,
    periods.grain,
    periods.period_start,
    periods.period_end,
    periods.closed_on
from {{ ref('int_metrics__periods') }} as periods
inner join {{ ref('int_calendar__day_periods') }} as days
    on
        periods.grain = days.period_type
        and periods.period_start = days.period_start
where days.date_day <= periods.closed_on
