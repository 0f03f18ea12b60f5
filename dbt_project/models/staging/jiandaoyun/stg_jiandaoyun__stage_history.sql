-- The system keeps no history of a field. If the company keeps a form of stage changes, that is
-- read; else changes are those between the versions seen from night to night (is_observed), of which
-- several on one day are one. The entry at creation is completed where systems are united.
with recorded as (
    {{ jiandaoyun_current('stage_history', 'event_id') }}
),

deals as (
    select * from {{ ref('stg_jiandaoyun__opportunities') }}
),

deal_names as (
    {{ jiandaoyun_by_name('opportunities', 'opportunity_id', 'opportunity_name') }}
),

recording as (
    select distinct source from recorded
),

followed as (
    select
        *,
        lag(stage) over (partition by source, opportunity_id order by _loaded_at) as stage_before,
        lag(updated_at) over (partition by source, opportunity_id order by _loaded_at) as updated_before
    from {{ source('raw', 'jiandaoyun__opportunities') }}
),

changes as (
    select
        followed.*,
        row_number() over (
            partition by followed.source, followed.opportunity_id order by followed._loaded_at
        ) as change_number
    from followed
    where followed.stage_before is not null and followed.stage != followed.stage_before
),

observed as (
    select
        changes.opportunity_id || '-' || cast(changes.change_number as string) as event_id,
        changes.opportunity_id,
        changes.updated_by as changed_by,
        changes.stage_before as from_stage,
        changes.stage as to_stage,
        changes.amount,
        -- A change by the system itself may leave the time of the last edit as it was.
        case
            when changes.updated_before is null or changes.updated_at > changes.updated_before
                then coalesce(changes.updated_at, changes._loaded_at)
            else changes._loaded_at
        end as changed_at,
        true as is_observed,
        changes.source,
        changes._loaded_at
    from changes
    inner join deals
        on changes.source = deals.source and changes.opportunity_id = deals.opportunity_id
    where changes.source not in (select recording.source from recording)
),

united as (
    select
        recorded.event_id,
        coalesce(
            deals.opportunity_id, deal_names.opportunity_id, recorded.opportunity_id
        ) as opportunity_id,
        recorded.changed_by,
        recorded.from_stage,
        recorded.to_stage,
        recorded.amount,
        recorded.changed_at,
        false as is_observed,
        recorded.source,
        recorded._loaded_at
    from recorded
    left join deals
        on
            recorded.source = deals.source
            and recorded.opportunity_id = deals.opportunity_id
    left join deal_names
        on
            recorded.source = deal_names.source
            and recorded.opportunity_name = deal_names.opportunity_name
    union all
    select * from observed
),

renamed as (
    select
        ---------- ids
        event_id,
        opportunity_id,
        changed_by,
        ---------- text
        from_stage,
        to_stage,
        ---------- money
        cast(amount as decimal(18, 2)) as amount,
        ---------- flags
        is_observed,
        ---------- moments
        changed_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from united
    where opportunity_id is not null
)

select * from renamed
