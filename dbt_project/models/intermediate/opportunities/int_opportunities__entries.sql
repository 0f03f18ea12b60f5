-- One row per entry of an opportunity into a stage, up to the as-of day. What the source did not
-- record is completed: the entry at creation, and the last stage if the history misses it. A deal that closed
-- nobody knows when, or is excluded, has no entry: where it stood on any day is not known.
with changes as (
    select * from {{ ref('int_opportunities__changes') }}
),

deals as (
    select
        united.*,
        closings.closed_at
    from {{ ref('int_opportunities__united') }} as united
    left join {{ ref('int_opportunities__closings') }} as closings
        on united.opportunity_id = closings.opportunity_id
    where united.current_outcome = 'open' or closings.closed_at is not null
),

first_changes as (
    select * from changes
    where change_number = 1
),

last_changes as (
    select * from changes
    where change_number = changes
),

-- Created in the stage that the first change left. If that is not said: in the stage of a change
-- on the day of creation, else in the first stage of its pipeline. A deal without any history whose
-- present stage is open and undated has been there since it was created.
created as (
    select
        deals.opportunity_id,
        deals.created_at as entered_at,
        case
            when first_changes.from_stage is not null then first_changes.from_stage
            when cast(first_changes.changed_at as date) <= deals.created_on then first_changes.to_stage
            when
                first_changes.opportunity_id is null
                and deals.current_outcome = 'open' and deals.current_updated_at is null
                then deals.current_stage
            else coalesce(stages.first_stage, deals.current_stage)
        end as stage,
        0 as change_number
    from deals
    left join first_changes on deals.opportunity_id = first_changes.opportunity_id
    left join {{ ref('int_stages') }} as stages
        on coalesce(first_changes.to_stage, deals.current_stage) = stages.stage
    where first_changes.changed_at is null or first_changes.changed_at > deals.created_at
),

-- The present stage, when the history does not end in it: closed at the close, open at the last edit (an
-- edit before the last recorded change proves nothing).
ended as (
    select
        deals.opportunity_id,
        greatest(
            deals.created_at,
            last_changes.changed_at,
            case when deals.current_outcome = 'open' then deals.current_updated_at else deals.closed_at end
        ) as entered_at,
        deals.current_stage as stage,
        coalesce(last_changes.changes, 0) + 1 as change_number
    from deals
    left join last_changes on deals.opportunity_id = last_changes.opportunity_id
    where
        last_changes.to_stage is null
        or last_changes.to_stage != deals.current_stage
        and (
            deals.current_outcome != 'open'
            or deals.current_updated_at > last_changes.changed_at
        )
),

entries as (
    select
        opportunity_id,
        entered_at,
        stage,
        change_number
    from created
    union all
    select
        opportunity_id,
        changed_at as entered_at,
        to_stage as stage,
        change_number
    from changes
    union all
    select
        opportunity_id,
        entered_at,
        stage,
        change_number
    from ended
),

followed as (
    select
        *,
        lag(stage) over (
            partition by opportunity_id order by entered_at, change_number
        ) as previous_stage
    from entries
    where cast(entered_at as date) <= {{ as_of_date() }}
)

-- A change that stays in its stage (an amount, say) is no entry.
select
    opportunity_id,
    entered_at,
    stage,
    previous_stage,
    row_number() over (
        partition by opportunity_id order by entered_at, change_number
    ) as event_number
from followed
where previous_stage is null or previous_stage != stage
