with source_rows as (
    select * from {{ source('config', 'stages') }}
),

renamed as (
    select
        trim(source) as source,
        trim(source_stage) as source_stage,
        trim(stage) as stage,
        cast(stage_order as bigint) as stage_order,
        outcome,
        coalesce(trim(pipeline), '') as pipeline
    from source_rows
)

select * from renamed
