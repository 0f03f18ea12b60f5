-- One row per period: weeks and fiscal months, quarters and years, from the fiscal year of the first data to
-- the end of the as-of day's next fiscal year, with the periods that it is compared with.
with first_days as (
    select min(created_on) as first_day from {{ ref('int_opportunities__united') }}
    union all
    select min(ordered_on) as first_day from {{ ref('int_orders__united') }}
    union all
    select min(occurred_on) as first_day from {{ ref('int_activities__united') }}
    union all
    select {{ as_of_date() }} as first_day
),

frame as (
    select
        first_years.fiscal_year_start as frame_start,
        next_years.fiscal_year_end as frame_end
    from (select min(first_day) as first_day from first_days) as data_start
    inner join {{ ref('int_calendar__days') }} as first_years on data_start.first_day = first_years.date_day
    inner join {{ ref('int_calendar__days') }} as this_year on this_year.date_day = {{ as_of_date() }}
    inner join {{ ref('int_calendar__days') }} as next_years
        on {{ add_days('this_year.fiscal_year_end', 1) }} = next_years.date_day
),

periods as (
    select
        day_periods.period_type,
        day_periods.period_start,
        day_periods.period_end,
        day_periods.period_label,
        count(*) as days_total,
        count_if(days.is_workday) as workdays_total
    from {{ ref('int_calendar__day_periods') }} as day_periods
    inner join {{ ref('int_calendar__days') }} as days on day_periods.date_day = days.date_day
    inner join frame
        on
            day_periods.period_end >= frame.frame_start
            and day_periods.period_start <= frame.frame_end
    group by
        day_periods.period_type, day_periods.period_start, day_periods.period_end, day_periods.period_label
)

-- The same week of the year before is 52 weeks back; the same month or quarter the one of that number.
select
    period_type,
    period_start,
    period_end,
    cast(workdays_total as bigint) as workdays_total,
    cast(days_total as bigint) as days_total,
    period_label,
    case period_type
        when 'week' then lag(period_start, 52) over earlier
        when 'month' then lag(period_start, 12) over earlier
        when 'quarter' then lag(period_start, 4) over earlier
        else lag(period_start) over earlier
    end as year_ago_start
from periods
window earlier as (partition by period_type order by period_start)
