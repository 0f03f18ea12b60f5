with source_rows as (
    select * from {{ source('config', 'exchange_rates') }}
),

renamed as (
    select
        rate_date,
        upper(trim(currency)) as currency,
        rate
    from source_rows
)

select * from renamed
