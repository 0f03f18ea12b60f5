-- One row per day of the working calendar, with its fiscal periods and workday numbers.
with days as (
    select
        date_day,
        is_workday,
        holiday_name,
        cast(date_trunc('week', date_day) as date) as week_start,
        {{ fiscal_start('date_day', 'month') }} as fiscal_month_start,
        {{ fiscal_start('date_day', 'quarter') }} as fiscal_quarter_start,
        {{ fiscal_start('date_day', 'year') }} as fiscal_year_start,
        case when is_workday then 1 else 0 end as workday
    from {{ ref('stg_config__calendar') }}
),

numbered as (
    select
        *,
        {{ add_days('week_start', 6) }} as week_end,
        {{ add_days(add_months('fiscal_month_start', 1), -1) }} as fiscal_month_end,
        {{ add_days(add_months('fiscal_quarter_start', 3), -1) }} as fiscal_quarter_end,
        {{ add_days(add_months('fiscal_year_start', 12), -1) }} as fiscal_year_end,
        sum(workday) over (order by date_day) as workday_index,
        sum(workday) over (partition by fiscal_month_start order by date_day) as number_in_month,
        sum(workday) over (partition by fiscal_quarter_start order by date_day) as number_in_quarter,
        sum(workday) over (partition by fiscal_year_start order by date_day) as number_in_year,
        sum(workday) over (partition by fiscal_month_start) as in_month,
        sum(workday) over (partition by fiscal_quarter_start) as in_quarter,
        sum(workday) over (partition by fiscal_year_start) as in_year
    from days
)

select
    date_day,
    is_workday,
    holiday_name,
    week_start,
    week_end,
    fiscal_month_start,
    fiscal_month_end,
    fiscal_quarter_start,
    fiscal_quarter_end,
    fiscal_year_start,
    fiscal_year_end,
    cast(workday_index as bigint) as workday_index,
    cast(number_in_month as bigint) as workday_number_in_month,
    cast(number_in_quarter as bigint) as workday_number_in_quarter,
    cast(number_in_year as bigint) as workday_number_in_year,
    cast(in_month as bigint) as workdays_in_month,
    cast(in_quarter as bigint) as workdays_in_quarter,
    cast(in_year as bigint) as workdays_in_year
from numbered
