-- Phases tell when each was begun; where the start is not kept, it begins with the end of the one
-- before. A deal whose phases tell no times gets the changes that the loads have seen (is_observed).
-- Closing is no phase: its event is made of the deal, and a closing that was taken back is one seen.
with deals as (
    select * from {{ ref('stg_kingdee__opportunities') }}
),

phases as (
    select
        *,
        coalesce(
            started_at, lag(ended_at) over (partition by source, parent_id order by seq, id)
        ) as begun_at
    from ({{ kingdee_entries('opportunity_phase') }}) as entries
    where is_current or started_at is not null or ended_at is not null
),

recorded as (
    select
        phases.*,
        deals.opportunity_id
    from phases
    inner join deals on phases.source = deals.source and phases.parent_id = deals.opportunity_id
    where phases.begun_at is not null and phases.stage is not null
),

recording as (
    select
        source,
        opportunity_id,
        max(begun_at) as last_begun_at
    from recorded
    group by source, opportunity_id
),

united as (
    select
        recorded.id as event_id,
        recorded.opportunity_id,
        {{ kingdee_person('recorded.changed_by') }} as changed_by,
        cast(null as string) as stage_before,
        recorded.stage as to_stage,
        cast(recorded.amount as decimal(18, 2)) as amount,
        recorded.begun_at as changed_at,
        cast(recorded.seq as int) as place,
        false as is_observed,
        recorded.source,
        recorded._loaded_at
    from recorded
    left join {{ ref('stg_kingdee__salesmen') }} as salesmen
        on recorded.source = salesmen.source and recorded.changed_by = salesmen.salesman_number
    union all
    select
        seen.event_id,
        seen.opportunity_id,
        cast(null as string) as changed_by,
        seen.from_stage as stage_before,
        seen.to_stage,
        seen.amount,
        seen.changed_at,
        1000000 as place,
        true as is_observed,
        seen.source,
        seen._loaded_at
    from {{ ref('stg_kingdee__observed_changes') }} as seen
    inner join deals on seen.source = deals.source and seen.opportunity_id = deals.opportunity_id
    left join recording
        on seen.source = recording.source and seen.opportunity_id = recording.opportunity_id
    where
        (recording.opportunity_id is null or seen.is_closing or seen.is_reopening)
        -- A closing that the deal dates itself is told below.
        and not (seen.is_last and seen.is_closing and deals.closed_at is not null)
    union all
    select
        deals.opportunity_id || '-closed' as event_id,
        deals.opportunity_id,
        cast(null as string) as changed_by,
        cast(null as string) as stage_before,
        deals.stage as to_stage,
        deals.amount,
        -- The day of winning may have no hour; the last phase of that day came before.
        case
            when {{ to_company_date('recording.last_begun_at') }} = {{ to_company_date('deals.closed_at') }}
                then greatest(deals.closed_at, recording.last_begun_at)
            else deals.closed_at
        end as changed_at,
        1000001 as place,
        false as is_observed,
        deals.source,
        deals._loaded_at
    from deals
    left join recording
        on deals.source = recording.source and deals.opportunity_id = recording.opportunity_id
    where deals.closed_at is not null
),

followed as (
    select
        *,
        coalesce(
            lag(to_stage) over (partition by source, opportunity_id order by changed_at, place, event_id),
            stage_before
        ) as from_stage
    from united
)

select
    event_id,
    opportunity_id,
    changed_by,
    from_stage,
    to_stage,
    amount,
    is_observed,
    changed_at,
    source,
    _loaded_at
from followed
where from_stage is distinct from to_stage
