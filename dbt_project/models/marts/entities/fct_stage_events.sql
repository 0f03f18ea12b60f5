-- One row per opportunity and entry into a stage.
select
    opportunity_id,
    cast(event_number as bigint) as event_number,
    stage,
    stage_order,
    outcome,
    entered_at,
    entered_on,
    left_at,
    left_on,
    previous_stage,
    next_stage,
    is_first_entry,
    is_backward,
    is_reopening,
    owner_id,
    team_id,
    region,
    product_line,
    amount
from {{ ref('int_opportunities__events') }}
