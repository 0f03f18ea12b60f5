-- One row per pipeline and step of its road to the win: its open stages in their order, then won. Lost is
-- an exit, not a step. A won stage without a pipeline is the last step of every pipeline.
with stages as (
    select * from {{ ref('int_stages') }}
    where outcome in ('open', 'won')
),

pipelines as (
    select distinct pipeline from stages
    where outcome = 'open'
),

steps as (
    select
        pipelines.pipeline,
        stages.stage,
        stages.stage_order,
        stages.outcome
    from pipelines
    inner join stages
        on
            pipelines.pipeline = stages.pipeline
            or (stages.outcome = 'won' and stages.pipeline = '')
),

orders as (
    select distinct
        pipeline,
        stage_order
    from steps
),

neighbours as (
    select
        pipeline,
        stage_order,
        lead(stage_order) over (partition by pipeline order by stage_order) as next_stage_order,
        row_number() over (partition by pipeline order by stage_order) as step_number
    from orders
)

select
    steps.pipeline,
    steps.stage,
    steps.stage_order,
    steps.outcome,
    case when steps.outcome = 'open' then neighbours.next_stage_order end as next_stage_order,
    neighbours.step_number
from steps
inner join neighbours
    on steps.pipeline = neighbours.pipeline and steps.stage_order = neighbours.stage_order
