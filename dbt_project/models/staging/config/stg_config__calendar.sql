with source_rows as (
    select * from {{ source('config', 'calendar') }}
),

renamed as (
    select
        date_day,
        is_workday,
        holiday_name,
        week_start,
        fiscal_month_start,
        fiscal_month_end,
        fiscal_quarter_start,
        fiscal_quarter_end,
        fiscal_year_start,
        fiscal_year_end,
        fiscal_month_name,
        fiscal_quarter_name,
        fiscal_year_name
    from source_rows
)

select * from renamed
