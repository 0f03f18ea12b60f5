-- One row per day of the working calendar, with its week, its fiscal periods (as the company counts them, by
-- calendar months or by weeks) and workday numbers. The only place that says what a period is.
with days as (
    select
        *,
        case when is_workday then 1 else 0 end as workday
    from {{ ref('stg_config__calendar') }}
),

numbered as (
    select
        *,
        {{ add_days('week_start', 6) }} as week_end,
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
    fiscal_month_name,
    fiscal_quarter_name,
    fiscal_year_name,
    cast(workday_index as bigint) as workday_index,
    cast(number_in_month as bigint) as workday_number_in_month,
    cast(number_in_quarter as bigint) as workday_number_in_quarter,
    cast(number_in_year as bigint) as workday_number_in_year,
    cast(in_month as bigint) as workdays_in_month,
    cast(in_quarter as bigint) as workdays_in_quarter,
    cast(in_year as bigint) as workdays_in_year
from numbered
