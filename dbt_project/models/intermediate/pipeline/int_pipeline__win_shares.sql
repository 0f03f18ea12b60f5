-- One row per open stage and day on which its record of wins changed: of the deals that had been
-- in the stage and were closed on that day, how many were won. Reopening takes a close back, so
-- the share is the one that could be known on the day.
with events as (
    select * from {{ ref('int_opportunities__events') }}
),

visits as (
    select
        opportunity_id,
        stage,
        min(event_number) as event_number
    from events
    where outcome = 'open'
    group by opportunity_id, stage
),

closes as (
    select
        opportunity_id,
        event_number,
        outcome,
        entered_on as changed_on,
        1 as direction
    from events
    where is_close
    union all
    select
        opportunity_id,
        event_number,
        outcome,
        undone_on as changed_on,
        -1 as direction
    from events
    where is_close and undone_on is not null
),

changes as (
    select
        visits.stage,
        closes.changed_on,
        sum(case when closes.outcome = 'won' then closes.direction else 0 end) as won,
        sum(closes.direction) as closed
    from closes
    inner join visits
        on
            closes.opportunity_id = visits.opportunity_id
            and closes.event_number > visits.event_number
    group by visits.stage, closes.changed_on
)

select
    stage,
    changed_on,
    cast(sum(won) over (partition by stage order by changed_on) as bigint) as won_by_then,
    cast(sum(closed) over (partition by stage order by changed_on) as bigint) as closed_by_then,
    coalesce(
        {{ add_days('lead(changed_on) over (partition by stage order by changed_on)', -1) }},
        cast('9999-12-31' as date)
    ) as known_to
from changes
