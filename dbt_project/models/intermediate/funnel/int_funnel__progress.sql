-- One row per opportunity and step of the funnel (open stages and won) that it reached: the table
-- behind the cohort conversions. A step is "reached" at the first entry into it or into any later
-- one, so skipped steps count as reached; it is "entered" only if really visited, at the first
-- visit. reached_number and entered_number name those events.
-- A deal goes through the steps of one pipeline, the one of its last open stage: what it did in another
-- one before it was moved is not compared with them.
with deals as (
    select
        opportunity_id,
        max_by(pipeline, event_number) as pipeline
    from {{ ref('int_opportunities__events') }}
    where outcome = 'open'
    group by opportunity_id
),

walked as (
    select
        events.opportunity_id,
        events.event_number,
        events.entered_at,
        events.stage,
        events.stage_order,
        coalesce(deals.pipeline, '') as pipeline
    from {{ ref('int_opportunities__events') }} as events
    left join deals on events.opportunity_id = deals.opportunity_id
    where
        events.outcome = 'won'
        or (events.outcome = 'open' and events.pipeline = coalesce(deals.pipeline, ''))
),

entries as (
    select
        opportunity_id,
        stage,
        min(event_number) as entered_number
    from walked
    group by opportunity_id, stage
),

-- The first event of each place in the order, so that the places taken can be counted.
firsts as (
    select
        opportunity_id,
        min(event_number) as event_number
    from walked
    group by opportunity_id, stage_order
),

ends as (
    select
        opportunity_id,
        pipeline,
        max(stage_order) as last_order
    from walked
    group by opportunity_id, pipeline
),

reached as (
    select
        ends.opportunity_id,
        ends.last_order,
        entries.entered_number,
        steps.stage,
        steps.stage_order,
        steps.next_stage_order,
        steps.step_number
    from ends
    inner join {{ ref('int_stages__steps') }} as steps
        on ends.pipeline = steps.pipeline and ends.last_order >= steps.stage_order
    left join entries on ends.opportunity_id = entries.opportunity_id and steps.stage = entries.stage
),

crossed as (
    select
        reached.*,
        walked.event_number,
        walked.entered_at,
        walked.stage_order as event_order,
        firsts.event_number is not null as is_first
    from reached
    inner join walked on reached.opportunity_id = walked.opportunity_id
    left join firsts
        on walked.opportunity_id = firsts.opportunity_id and walked.event_number = firsts.event_number
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
        max(last_order) > stage_order as is_passed,
        coalesce(bool_or(event_order = next_stage_order and event_number > entered_number), false)
            as went_to_next,
        count(case when is_first and event_order <= stage_order then 1 end) = step_number as took_every_step,
        count(case when is_first and event_order <= next_stage_order then 1 end) = step_number + 1
            as took_every_step_to_next
    from crossed
    group by opportunity_id, stage, stage_order, step_number, entered_number
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
