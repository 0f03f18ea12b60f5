with source_rows as (
    select * from {{ source('config', 'sources') }}
),

renamed as (
    select
        source,
        system,
        close_date
    from source_rows
)

select * from renamed
