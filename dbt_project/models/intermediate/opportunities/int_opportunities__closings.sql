-- One row per opportunity that is closed by its present row: when it closed, and how that is known.
-- Rules, the same in every source: the recorded closing date, unless it lies after the day of the load
-- that told it, or is only the day of a later stage of the same outcome (signed, then paid); else the
-- first entry of the last run of stages with that outcome; else nothing. A source with close_date:
-- stage_entry goes by a recorded entry first. On one day the entry tells the hour.
with closed as (
    select
        deals.*,
        case
            when cast(deals.current_closed_at as date) <= deals.told_on then deals.current_closed_at
        end as recorded_at,
        coalesce(sources.close_date, 'recorded') as close_date
    from {{ ref('int_opportunities__united') }} as deals
    left join {{ ref('stg_config__sources') }} as sources on deals.source = sources.source
    where deals.current_outcome in ('won', 'lost')
),

-- The last run of changes with the outcome of the present row, if the history ends in one.
run_starts as (
    select
        history.opportunity_id,
        max(case when history.outcome != closed.current_outcome then history.change_number else 0 end)
            as before_number
    from {{ ref('int_opportunities__history') }} as history
    inner join closed on history.opportunity_id = closed.opportunity_id
    group by history.opportunity_id
),

runs as (
    select
        history.opportunity_id,
        min(history.change_number) as first_number,
        min_by(history.changed_at, history.change_number) as entered_at,
        min_by(history.origin, history.change_number) as origin,
        max(case
            when
                history.change_number > run_starts.before_number + 1
                and coalesce(history.from_stage, '') != history.to_stage
                and cast(history.changed_at as date) = cast(closed.recorded_at as date)
                then 1
            else 0
        end) = 1 as is_later_stage
    from {{ ref('int_opportunities__history') }} as history
    inner join closed on history.opportunity_id = closed.opportunity_id
    inner join run_starts on history.opportunity_id = run_starts.opportunity_id
    where history.change_number > run_starts.before_number
    group by history.opportunity_id
),

judged as (
    select
        closed.opportunity_id,
        runs.first_number,
        runs.entered_at,
        runs.origin,
        closed.recorded_at,
        case
            when runs.entered_at is null and closed.recorded_at is null then 'unknown'
            when runs.entered_at is null then 'recorded'
            when closed.recorded_at is null or runs.is_later_stage then runs.origin
            when closed.close_date = 'stage_entry' and runs.origin = 'stage_entry' then runs.origin
            else 'recorded'
        end as closed_origin
    from closed
    left join runs on closed.opportunity_id = runs.opportunity_id
)

select
    opportunity_id,
    first_number,
    closed_origin,
    case
        when closed_origin != 'recorded' then entered_at
        when cast(entered_at as date) = cast(recorded_at as date) then entered_at
        else recorded_at
    end as closed_at
from judged
