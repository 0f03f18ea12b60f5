-- One row per stretch of time in which stage, amount, owner and team of an opportunity all stayed
-- the same, up to the as-of day. Everything about past state is read from here: a moment falls
-- into exactly one segment (segment_from inclusive, segment_to exclusive, null = still so).
with events as (
    select * from {{ ref('int_opportunities__entries') }}
),

starts as (
    select
        opportunity_id,
        min(entered_at) as started_at
    from events
    group by opportunity_id
),

amounts as (
    select * from {{ ref('int_opportunities__amounts') }}
),

ownership as (
    select * from {{ ref('int_opportunities__ownership') }}
),

points as (
    select
        opportunity_id,
        entered_at as at_moment,
        event_number,
        cast(null as bigint) as amount_number
    from events
    union all
    select
        amounts.opportunity_id,
        greatest(amounts.changed_at, starts.started_at) as at_moment,
        cast(null as bigint) as event_number,
        amounts.amount_number
    from amounts
    inner join starts on amounts.opportunity_id = starts.opportunity_id
    union all
    select
        ownership.opportunity_id,
        ownership.held_from as at_moment,
        cast(null as bigint) as event_number,
        cast(null as bigint) as amount_number
    from ownership
    inner join starts on ownership.opportunity_id = starts.opportunity_id
    where
        ownership.held_from > starts.started_at
        and cast(ownership.held_from as date) <= {{ as_of_date() }}
),

moments as (
    select
        opportunity_id,
        at_moment,
        max(event_number) as event_number,
        max(amount_number) as amount_number
    from points
    group by opportunity_id, at_moment
),

filled as (
    select
        opportunity_id,
        at_moment,
        {{ last_known('event_number', 'opportunity_id', 'at_moment') }} as event_number,
        {{ last_known('amount_number', 'opportunity_id', 'at_moment') }} as amount_number
    from moments
)

select
    filled.opportunity_id,
    filled.at_moment as segment_from,
    lead(filled.at_moment) over (
        partition by filled.opportunity_id order by filled.at_moment
    ) as segment_to,
    filled.event_number,
    events.stage,
    stages.stage_order,
    stages.outcome,
    events.entered_at as stage_entered_at,
    amounts.amount,
    amounts.original_amount,
    ownership.owner_id,
    ownership.team_id,
    ownership.region
from filled
inner join events
    on filled.opportunity_id = events.opportunity_id and filled.event_number = events.event_number
inner join {{ ref('int_stages') }} as stages on events.stage = stages.stage
left join amounts
    on filled.opportunity_id = amounts.opportunity_id and filled.amount_number = amounts.amount_number
left join ownership
    on
        filled.opportunity_id = ownership.opportunity_id
        and filled.at_moment >= ownership.held_from
        and filled.at_moment < ownership.held_to
