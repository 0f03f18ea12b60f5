-- One row per entry of an opportunity into a stage, up to the as-of day: complete stage history,
-- with owner, team, region and amount as of the moment of entry. is_close: it won or lost the deal; a second
-- won stage does not win it again. undone_on: the day on which that outcome ended, if it did.
with first_visits as (
    select
        opportunity_id,
        stage,
        min(event_number) as event_number
    from {{ ref('int_opportunities__entries') }}
    group by opportunity_id, stage
),

entries as (
    select
        entries.*,
        stages.stage_order,
        stages.outcome,
        stages.pipeline,
        lag(stages.pipeline) over in_order as previous_pipeline,
        lag(stages.stage_order) over in_order as previous_order,
        lag(stages.outcome) over in_order as previous_outcome,
        lead(entries.entered_at) over in_order as left_at,
        lead(entries.stage) over in_order as next_stage
    from {{ ref('int_opportunities__entries') }} as entries
    inner join {{ ref('int_stages') }} as stages on entries.stage = stages.stage
    window in_order as (partition by entries.opportunity_id order by entries.event_number)
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
    first_visits.event_number is not null as is_first_entry,
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
left join first_visits
    on
        entries.opportunity_id = first_visits.opportunity_id
        and entries.event_number = first_visits.event_number
left join {{ ref('int_opportunities__segments') }} as segments
    on entries.opportunity_id = segments.opportunity_id and entries.entered_at = segments.segment_from
