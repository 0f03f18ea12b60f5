-- One row per canonical stage. A stage name that no mapping knows is kept as an open stage of order 0, so
-- that its deals are not lost; a test names it. Open stages belong to one pipeline (sales process), those
-- without a name to a pipeline of their own; first_stage is where deals of that pipeline begin.
with stages as (
    select
        stage,
        stage_order,
        outcome,
        pipeline,
        true as is_mapped
    from {{ ref('stg_config__stages') }}
    union
    select
        stage,
        stage_order,
        outcome,
        pipeline,
        is_mapped
    from {{ ref('int_stages__aliases') }}
),

firsts as (
    select
        pipeline,
        min_by(stage, stage_order) as first_stage
    from stages
    where outcome = 'open' and is_mapped
    group by pipeline
),

-- Closed stages that name no pipeline are shared by all; where their deals began is not told by them.
any_first as (
    select min_by(stage, stage_order) as first_stage
    from stages
    where outcome = 'open' and is_mapped
)

select
    stages.stage,
    stages.stage_order,
    stages.outcome,
    stages.pipeline,
    stages.is_mapped,
    coalesce(firsts.first_stage, any_first.first_stage) as first_stage
from stages
cross join any_first
left join firsts on stages.pipeline = firsts.pipeline
