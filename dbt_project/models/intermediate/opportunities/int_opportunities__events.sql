-- One row per entry of an opportunity into a stage, up to the as-of day: complete stage history,
-- with owner, team, region and amount as of the moment of entry. is_close: it won or lost the deal; a second
-- won stage does not win it again. undone_on: the day on which that outcome ended, if it did.
with entries as (
    select
        entries.*,
        stages.stage_order,
        stages.outcome,
        stages.pipeline,
        lag(stages.pipeline) over (
            partition by entries.opportunity_id order by entries.event_number
        ) as previous_pipeline,
        lag(stages.stage_order) over (
            partition by entries.opportunity_id order by entries.event_number
        ) as previous_order,
        lag(stages.outcome) over (
            partition by entries.opportunity_id order by entries.event_number
        ) as previous_outcome,
        lead(entries.entered_at) over (
            partition by entries.opportunity_id order by entries.event_number
        ) as left_at,
        lead(entries.stage) over (
            partition by entries.opportunity_id order by entries.event_number
        ) as next_stage,
        row_number() over (
            partition by entries.opportunity_id, entries.stage order by entries.event_number
        ) as visit_number
    from {{ ref('int_opportunities__entries') }} as entries
    inner join {{ ref('int_stages') }} as stages on entries.stage = stages.stage
),

turns as (
    select
        *,
        case when outcome != coalesce(previous_outcome, '') then entered_at end as turned_at
    from entries
),

lasting as (
    select
        *,
        min(turned_at) over (
            partition by opportunity_id order by event_number
            rows between 1 following and unbounded following
        ) as undone_at
    from turns
)

select
    entries.opportunity_id,
    entries.event_number,
    entries.stage,
    entries.stage_order,
    entries.outcome,
    entries.pipeline,
    entries.entered_at,
    cast(entries.entered_at as date) as entered_on,
    entries.left_at,
    cast(entries.left_at as date) as left_on,
    entries.previous_stage,
    entries.previous_order,
    entries.previous_outcome,
    entries.previous_pipeline,
    entries.next_stage,
    segments.amount,
    segments.owner_id,
    segments.team_id,
    segments.region,
    deals.product_line,
    entries.visit_number = 1 as is_first_entry,
    entries.outcome = 'open'
    and coalesce(entries.previous_outcome, '') = 'open'
    and entries.pipeline = entries.previous_pipeline
    and entries.stage_order < entries.previous_order as is_backward,
    coalesce(entries.previous_outcome, 'open') != 'open'
    and entries.outcome != entries.previous_outcome as is_reopening,
    entries.outcome != 'open' and entries.turned_at is not null as is_close,
    case when entries.outcome != 'open' then cast(entries.undone_at as date) end as undone_on
from lasting as entries
inner join {{ ref('int_opportunities__united') }} as deals
    on entries.opportunity_id = deals.opportunity_id
left join {{ ref('int_opportunities__segments') }} as segments
    on entries.opportunity_id = segments.opportunity_id and entries.entered_at = segments.segment_from
