-- One row per day and period type: the week, fiscal month, quarter and year that the day is in.
with period_types as (
    select 'week' as period_type
    union all
    select 'month' as period_type
    union all
    select 'quarter' as period_type
    union all
    select 'year' as period_type
),

placed as (
    select
        days.date_day,
        period_types.period_type,
        case period_types.period_type
            when 'week' then days.week_start
            when 'month' then days.fiscal_month_start
            when 'quarter' then days.fiscal_quarter_start
            else days.fiscal_year_start
        end as period_start,
        case period_types.period_type
            when 'week' then days.week_end
            when 'month' then days.fiscal_month_end
            when 'quarter' then days.fiscal_quarter_end
            else days.fiscal_year_end
        end as period_end,
        case period_types.period_type
            when 'week' then cast(days.week_start as string)
            when 'month' then days.fiscal_month_name
            when 'quarter' then days.fiscal_quarter_name
            else days.fiscal_year_name
        end as period_label
    from {{ ref('int_calendar__days') }} as days
    cross join period_types
)

select * from placed
