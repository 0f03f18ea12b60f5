-- No interface reads the stage history, so changes are those between the versions that were seen from
-- night to night (is_observed), of which several on one day are one. The time of the last move is
-- exact where the record tells it; a deal first seen later than its last move has that move alone.
with deals as (
    {{ fxiaoke_current('opportunity') }}
),

versions as (
    select
        *,
        {{ fxiaoke_stage() }} as stage_now,
        row_number() over (partition by source, id order by modified_at, _loaded_at) as version_number
    from {{ source('raw', 'fxiaoke__opportunity') }}
    where not coalesce(_deleted, false)
),

followed as (
    select
        *,
        lag(stage_now) over (partition by source, id order by version_number) as stage_before,
        lag(stage_changed_at) over (partition by source, id order by version_number) as moved_before,
        lag(modified_at) over (partition by source, id order by version_number) as modified_before
    from versions
    where stage_now is not null
),

changes as (
    select
        *,
        case
            -- Without the time of its move nobody knows when a deal came into the stage it was first seen in.
            when modified_before is null then stage_changed_at
            when
                stage_changed_at > moved_before
                or moved_before is null and stage_changed_at > modified_before
                then stage_changed_at
            else {{ fxiaoke_moment_of_change('modified_at', 'modified_before') }}
        end as changed_at
    from followed
    where modified_before is null or stage_now != stage_before
),

numbered as (
    select
        *,
        row_number() over (partition by source, id order by version_number) as change_number
    from changes
),

renamed as (
    select
        ---------- ids
        numbered.id || '-' || cast(numbered.change_number as string) as event_id,
        numbered.id as opportunity_id,
        numbered.modified_by as changed_by,
        ---------- text
        numbered.stage_before as from_stage,
        numbered.stage_now as to_stage,
        ---------- money
        cast(coalesce(numbered.custom_amount, numbered.amount) as decimal(18, 2)) as amount,
        ---------- flags
        numbered.modified_before is not null as is_observed,
        ---------- moments
        numbered.changed_at,
        ---------- bookkeeping
        numbered.source,
        numbered._loaded_at
    from numbered
    inner join deals on numbered.source = deals.source and numbered.id = deals.id
    where numbered.changed_at is not null
)

select * from renamed
