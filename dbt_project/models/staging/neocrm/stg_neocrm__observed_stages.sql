-- Changes of stage between the versions of a deal seen from load to load, of which several between two
-- loads are one. Of the first version the record itself tells when it entered its stage.
with versions as (
    {{ neocrm_judged('select * from ' ~ source('raw', 'neocrm__opportunity')) }}
),

followed as (
    select
        *,
        -- The record's own time of the last change is about the standard stage alone.
        custom_stage is null and not is_by_status as is_told_by_stage,
        row_number() over (partition by source, id order by _loaded_at, updated_at) as version_number,
        lag(stage) over (partition by source, id order by _loaded_at, updated_at) as stage_before,
        lag(updated_at) over (partition by source, id order by _loaded_at, updated_at) as updated_before,
        lag(stage_updated_at)
            over (partition by source, id order by _loaded_at, updated_at)
            as stage_updated_before
    from versions
),

dated as (
    select
        *,
        case
            when version_number = 1 and is_told_by_stage then stage_updated_at
            when version_number = 1 then null
            when
                is_told_by_stage
                and stage_updated_at > coalesce(stage_updated_before, updated_before)
                and stage_updated_at <= greatest(updated_at, _loaded_at)
                then stage_updated_at
            when updated_at > updated_before then updated_at
            -- Not every change is sure to move the record's time of change.
            else _loaded_at
        end as changed_at
    from followed
    where version_number = 1 or stage != stage_before
),

renamed as (
    select
        ---------- ids
        id || '-v' || cast(version_number as string) as event_id,
        id as opportunity_id,
        ---------- text
        case when version_number = 1 and is_by_status then stage_told else stage_before end as from_stage,
        stage as to_stage,
        ---------- flags
        is_by_status,
        ---------- moments
        changed_at,
        updated_before as seen_after,
        greatest(updated_at, _loaded_at) as seen_by,
        ---------- bookkeeping
        source,
        _loaded_at
    from dated
    where changed_at is not null
)

select * from renamed
