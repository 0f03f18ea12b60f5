with source_rows as (
    select * from {{ source('config', 'order_statuses') }}
),

renamed as (
    select
        source,
        status_key,
        state
    from source_rows
)

select * from renamed
