-- What the sheets told about owner, amount and expected close of a deal, by the order of their loads.
-- A change is dated by the record's own updated_at if that lies between the last load that told the old
-- values and the first that told the new ones, else by the load. The first version is dated by the last
-- change that it shows itself: its last edit, or the last change of stage before the load.
with runs as (
    select * from {{ ref('stg_spreadsheet__opportunity_loads') }}
),

stage_changes as (
    select
        runs.source,
        runs.opportunity_id,
        max(history.changed_at) as changed_at
    from (
        select
            source,
            opportunity_id,
            min(loaded_from) as first_loaded
        from runs
        group by source, opportunity_id
    ) as runs
    inner join {{ ref('stg_spreadsheet__stage_history') }} as history
        on runs.opportunity_id = history.opportunity_id and runs.first_loaded >= history.changed_at
    group by runs.source, runs.opportunity_id
),

followed as (
    select
        *,
        lag(told_last) over of_deal as old_told_last,
        row_number() over of_deal as place,
        lag(owner_id) over of_deal as old_owner_id,
        lag(amount) over of_deal as old_amount,
        lag(expected_close_date) over of_deal as old_expected_close_date
    from {{ ref('stg_spreadsheet__opportunity_standings') }}
    window of_deal as (partition by source, opportunity_id order by seen_at)
),

renamed as (
    select
        ---------- ids
        followed.opportunity_id,
        followed.owner_id,
        ---------- money
        followed.amount,
        ---------- dates
        followed.expected_close_date,
        ---------- moments
        case
            when followed.place = 1
                then coalesce(
                    greatest(
                        case when followed.updated_at <= followed.loaded_from then followed.updated_at end,
                        stage_changes.changed_at
                    ),
                    least(followed.created_at, followed.loaded_from)
                )
            when followed.updated_at > followed.old_told_last and followed.updated_at <= followed.seen_at
                then followed.updated_at
            else followed.seen_at
        end as changed_at,
        ---------- bookkeeping
        followed.source,
        followed.loaded_from as _loaded_at
    from followed
    left join stage_changes
        on
            followed.source = stage_changes.source
            and followed.opportunity_id = stage_changes.opportunity_id
    where
        followed.place = 1
        or not {{ is_same('followed.owner_id', 'followed.old_owner_id') }}
        or not {{ is_same('followed.amount', 'followed.old_amount') }}
        or not {{ is_same('followed.expected_close_date', 'followed.old_expected_close_date') }}
)

select * from renamed
