-- Changes of stage that showed between two versions of a deal; of several between two loads the last.
with compared as (
    select
        *,
        lag(stage) over (partition by source, id order by _loaded_at) as stage_before,
        lag(closing_stage) over (partition by source, id order by _loaded_at) as closing_stage_before,
        lag(coalesce(modified_at, created_at)) over (partition by source, id order by _loaded_at)
            as modified_before
    from {{ ref('stg_kingdee__opportunity_states') }}
),

changes as (
    select
        *,
        row_number() over (partition by source, id order by _loaded_at) as change_number,
        row_number() over (partition by source, id order by _loaded_at desc) = 1 as is_last
    from compared
    where stage != stage_before
),

renamed as (
    select
        ---------- ids
        id || '-seen-' || cast(change_number as string) as event_id,
        id as opportunity_id,
        ---------- text
        stage_before as from_stage,
        stage as to_stage,
        ---------- money
        amount,
        ---------- flags
        is_last,
        closing_stage is not null as is_closing,
        closing_stage_before is not null as is_reopening,
        ---------- moments
        coalesce(
            closed_at,
            -- An edit that moved no date is dated by the load that saw it.
            case when modified_at > modified_before then modified_at else _loaded_at end
        ) as changed_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from changes
)

select * from renamed
