-- One row per known change of stage of a known opportunity, whole history (not cut by the as-of day):
-- canonical stages, company time, and its place in the order of the opportunity's changes. Where a source
-- recorded none (or none later), the moves that two of its loads show stand in. origin says which it is:
-- stage_entry, told by the source, or observed between two loads.
with changes as (
    {{ union_staging('stage_history') }}
),

newest as (
    {{ newest_of('changes', 'event_id', '_loaded_at desc, source') }}
),

last_recorded as (
    select
        opportunity_id,
        max(changed_at) as changed_at
    from newest
    group by opportunity_id
),

observed as (
    select sightings.*
    from ({{ union_staging('observed_stages') }}) as sightings
    inner join {{ ref('int_opportunities__united') }} as deals
        on sightings.opportunity_id = deals.opportunity_id and sightings.source = deals.source
    left join last_recorded on sightings.opportunity_id = last_recorded.opportunity_id
    where last_recorded.changed_at is null or sightings.changed_at > last_recorded.changed_at
),

seen_moves as (
    {{ seen_between_loads() }}
),

known as (
    select
        newest.event_id,
        newest.opportunity_id,
        newest.source,
        newest.from_stage,
        newest.to_stage,
        newest.changed_at as moment,
        newest.amount,
        case when seen_moves.event_id is null then 'stage_entry' else 'observed' end as origin
    from newest
    left join seen_moves on newest.source = seen_moves.source and newest.event_id = seen_moves.event_id
    union all
    select
        'observed ' || opportunity_id || ' ' || cast(changed_at as string) as event_id,
        opportunity_id,
        source,
        from_stage,
        to_stage,
        changed_at as moment,
        cast(null as decimal(18, 2)) as amount,
        'observed' as origin
    from observed
),

mapped as (
    select
        known.event_id,
        known.opportunity_id,
        known.moment,
        from_stages.stage as from_stage,
        to_stages.stage as to_stage,
        to_stages.stage_order,
        to_stages.outcome,
        known.amount,
        known.origin
    from known
    inner join {{ ref('int_opportunities__united') }} as deals
        on known.opportunity_id = deals.opportunity_id
    left join {{ ref('int_stages__aliases') }} as from_stages
        on known.source = from_stages.source and known.from_stage = from_stages.source_stage
    left join {{ ref('int_stages__aliases') }} as to_stages
        on known.source = to_stages.source and known.to_stage = to_stages.source_stage
),

{{ chained_moves('mapped') }},

-- Moments stand in the order of the instants; on the clock the hour that comes twice would turn it round, so
-- no change shows an earlier time than the one before it.
numbered as (
    select
        *,
        row_number() over of_deal as change_number,
        max({{ to_company_time('moment') }}) over (
            partition by opportunity_id order by moment, place, stage_order, event_id
            rows between unbounded preceding and current row
        ) as changed_at,
        count(*) over (partition by opportunity_id) as changes
    from chained
    window of_deal as (partition by opportunity_id order by moment, place, stage_order, event_id)
)

select
    event_id,
    opportunity_id,
    from_stage,
    to_stage,
    stage_order,
    outcome,
    changed_at,
    amount,
    origin,
    change_number,
    changes
from numbered
