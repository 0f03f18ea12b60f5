-- One row per exit of an opportunity from an open stage, up to the as-of day. Forward is a later
-- stage or won; an exit counts each time it happens; owner, team and region are those of the exit. A move
-- into a stage of another pipeline is a transfer: neither forward nor back, for the orders do not compare.
with exits as (
    select
        left_event.opportunity_id,
        left_event.event_number,
        left_event.stage,
        left_event.stage_order,
        next_event.entered_at as exited_at,
        next_event.entered_on as exited_on,
        {{ exact_days_between('left_event.entered_at', 'next_event.entered_at') }} as days_in_stage,
        case
            when next_event.outcome = 'lost' then 'lost'
            when next_event.outcome = 'open' and next_event.pipeline != left_event.pipeline then 'transferred'
            when next_event.outcome = 'won' or next_event.stage_order > left_event.stage_order
                then 'forward'
            else 'backward'
        end as direction,
        next_event.owner_id,
        next_event.team_id,
        next_event.region,
        next_event.product_line
    from {{ ref('int_opportunities__events') }} as left_event
    inner join {{ ref('int_opportunities__events') }} as next_event
        on
            left_event.opportunity_id = next_event.opportunity_id
            and left_event.event_number + 1 = next_event.event_number
    where left_event.outcome = 'open'
)

select * from exits
