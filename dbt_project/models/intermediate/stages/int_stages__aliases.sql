-- One row per source and stage name in use, with the canonical stage it stands for.
with names as (
    select
        source,
        stage as source_stage
    from ({{ union_staging('opportunities') }}) as deals
    union
    select
        source,
        to_stage as source_stage
    from ({{ union_staging('stage_history') }}) as moves_to
    union
    select
        source,
        from_stage as source_stage
    from ({{ union_staging('stage_history') }}) as moves_from
    union
    select
        source,
        to_stage as source_stage
    from ({{ union_staging('observed_stages') }}) as seen_to
    union
    select
        source,
        from_stage as source_stage
    from ({{ union_staging('observed_stages') }}) as seen_from
),

mapping as (
    select * from {{ ref('stg_config__stages') }}
),

canonical as (
    select distinct
        stage,
        stage_order,
        outcome,
        pipeline
    from mapping
),

-- The source's own entry, then the one for any source, then the canonical name itself.
resolved as (
    select
        names.source,
        names.source_stage,
        coalesce(own.stage, anywhere.stage, canonical.stage, names.source_stage) as stage,
        coalesce(own.stage_order, anywhere.stage_order, canonical.stage_order, 0) as stage_order,
        coalesce(own.outcome, anywhere.outcome, canonical.outcome, 'open') as outcome,
        coalesce(own.pipeline, anywhere.pipeline, canonical.pipeline, '') as pipeline,
        coalesce(own.stage, anywhere.stage, canonical.stage) is not null as is_mapped
    from names
    left join mapping as own
        on names.source = own.source and names.source_stage = own.source_stage
    left join mapping as anywhere
        on anywhere.source = '*' and names.source_stage = anywhere.source_stage
    left join canonical on names.source_stage = canonical.stage
    where names.source_stage is not null
)

select * from resolved
