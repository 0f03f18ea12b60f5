-- Moves between stages that two loads of the sheets show: another stage than the load before said. Dated by
-- the record's own updated_at if that lies between the last load that told the old stage and the first that
-- told the new one, else by that load.
with followed as (
    select
        *,
        lag(stage) over of_deal as old_stage,
        lag(told_last) over of_deal as old_told_last
    from {{ ref('stg_spreadsheet__opportunity_standings') }}
    window of_deal as (partition by source, opportunity_id order by seen_at)
),

renamed as (
    select
        ---------- ids
        opportunity_id,
        ---------- text
        old_stage as from_stage,
        stage as to_stage,
        ---------- moments
        case
            when updated_at > old_told_last and updated_at <= seen_at then updated_at
            else seen_at
        end as changed_at,
        ---------- bookkeeping
        source,
        loaded_from as _loaded_at
    from followed
    where old_stage != stage
)

select * from renamed
