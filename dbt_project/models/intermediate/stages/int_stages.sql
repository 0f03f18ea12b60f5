-- One row per canonical stage, with its neighbours. A stage name that no mapping knows is kept
-- as an open stage of order 0, so that its deals are not lost; a test names it.
with stages as (
    select
        stage,
        stage_order,
        outcome,
        true as is_mapped
    from {{ ref('stg_config__stages') }}
    union
    select
        stage,
        stage_order,
        outcome,
        is_mapped
    from {{ ref('int_stages__aliases') }}
),

-- The road to the win: open stages in their order, then won. Lost is an exit, not a step.
steps as (
    select distinct stage_order from stages
    where outcome in ('open', 'won')
),

neighbours as (
    select
        stage_order,
        lead(stage_order) over (order by stage_order) as next_stage_order,
        row_number() over (order by stage_order) as step_number
    from steps
)

select
    stages.stage,
    stages.stage_order,
    stages.outcome,
    stages.is_mapped,
    case when stages.outcome = 'open' then neighbours.next_stage_order end as next_stage_order,
    case when stages.outcome != 'lost' then neighbours.step_number end as step_number
from stages
left join neighbours on stages.stage_order = neighbours.stage_order
