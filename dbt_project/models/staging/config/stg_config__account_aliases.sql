with source_rows as (
    select * from {{ source('config', 'account_aliases') }}
),

renamed as (
    select
        alias,
        account_id
    from source_rows
)

select * from renamed
