with source_rows as (
    select * from {{ source('config', 'people') }}
),

renamed as (
    select
        person_id,
        name as person_name,
        email,
        source,
        source_user_id
    from source_rows
)

select * from renamed
