-- One row per opportunity and step of the funnel (open stages and won) that it reached: the table
-- behind the cohort conversions. A step is "reached" at the first entry into it or into any later
-- one, so skipped steps count as reached; it is "entered" only if really visited, at the first
-- visit. reached_number and entered_number name those events.
-- A deal goes through the steps of one pipeline, the one of its last open stage: what it did in another
-- one before it was moved is not compared with them.
with steps as (
    select * from {{ ref('int_stages__steps') }}
),

deals as (
    select
        opportunity_id,
        max_by(pipeline, event_number) as pipeline
    from {{ ref('int_opportunities__events') }}
    where outcome = 'open'
    group by opportunity_id
),

crossed as (
    select
        events.opportunity_id,
        events.event_number,
        events.entered_at,
        events.stage_order as event_order,
        steps.stage,
        steps.stage_order,
        steps.next_stage_order,
        steps.step_number,
        min(case when events.stage = steps.stage then events.event_number end) over (
            partition by events.opportunity_id, steps.stage
        ) as entered_number
    from {{ ref('int_opportunities__events') }} as events
    left join deals on events.opportunity_id = deals.opportunity_id
    inner join steps on coalesce(deals.pipeline, '') = steps.pipeline
    where events.outcome = 'won' or (events.outcome = 'open' and events.pipeline = steps.pipeline)
),

progress as (
    select
        opportunity_id,
        stage,
        stage_order,
        step_number,
        entered_number,
        min(case when event_order >= stage_order then event_number end) as reached_number,
        min(case when event_number = entered_number then entered_at end) as entered_at,
        min(
            case when event_order > stage_order and event_number > entered_number then entered_at end
        ) as advanced_at,
        max(event_order) > stage_order as is_passed,
        coalesce(bool_or(event_order = next_stage_order and event_number > entered_number), false)
            as went_to_next,
        count(distinct case when event_order <= stage_order then event_order end) = step_number
            as took_every_step,
        count(distinct case when event_order <= next_stage_order then event_order end) = step_number + 1
            as took_every_step_to_next
    from crossed
    group by opportunity_id, stage, stage_order, step_number, entered_number
    having max(event_order) >= stage_order
)

select
    progress.*,
    case
        when progress.entered_number is null then null
        when progress.advanced_at is not null then 'advanced'
        when state.outcome = 'lost' then 'lost'
        else 'open'
    end as cohort_result
from progress
inner join {{ ref('int_opportunities__state') }} as state
    on progress.opportunity_id = state.opportunity_id
