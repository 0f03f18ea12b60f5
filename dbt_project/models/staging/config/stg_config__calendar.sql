with source_rows as (
    select * from {{ source('config', 'calendar') }}
),

renamed as (
    select
        date_day,
        is_workday,
        holiday_name
    from source_rows
)

select * from renamed
