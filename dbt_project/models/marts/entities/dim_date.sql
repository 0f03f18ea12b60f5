-- One row per day of the working calendar.
select
    date_day,
    is_workday,
    holiday_name,
    week_start,
    fiscal_month_start,
    fiscal_quarter_start,
    fiscal_year_start,
    fiscal_month_end,
    fiscal_quarter_end,
    fiscal_year_end,
    fiscal_month_name,
    fiscal_quarter_name,
    fiscal_year_name,
    workday_number_in_month,
    workday_number_in_quarter,
    workday_number_in_year,
    workdays_in_month,
    workdays_in_quarter,
    workdays_in_year
from {{ ref('int_calendar__days') }}
