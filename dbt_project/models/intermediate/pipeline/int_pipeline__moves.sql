-- One row per thing that changed the open pipeline, up to the as-of day: kind, amount (never
-- negative) and whose pipeline it was. A deal that changes hands leaves the one and joins the
-- other with its old amount; what its amount did after that belongs to the new owner.
with stretches as (
    select
        segments.*,
        deals.product_line,
        coalesce(segments.amount, 0) as money,
        lag(segments.outcome) over (order_of_segments) as previous_outcome,
        lag(coalesce(segments.amount, 0)) over (order_of_segments) as previous_money,
        lag(segments.owner_id) over (order_of_segments) as previous_owner_id,
        lag(segments.team_id) over (order_of_segments) as previous_team_id,
        lag(segments.region) over (order_of_segments) as previous_region
    from {{ ref('int_opportunities__segments') }} as segments
    inner join {{ ref('int_opportunities__united') }} as deals
        on segments.opportunity_id = deals.opportunity_id
    window order_of_segments as (partition by segments.opportunity_id order by segments.segment_from)
),

changed as (
    select
        *,
        coalesce(previous_outcome, 'none') = 'open' as was_open,
        coalesce(previous_owner_id, '') != coalesce(owner_id, '')
        or coalesce(previous_team_id, '') != coalesce(team_id, '')
        or coalesce(previous_region, '') != coalesce(region, '') as has_moved
    from stretches
),

{%- set here = 'opportunity_id, segment_from as moved_at, product_line, owner_id, team_id, region' %}

moves as (
    select {{ here }}, 'created' as kind, money as amount
    from changed
    where previous_outcome is null
    union all
    select {{ here }}, 'reopened' as kind, money as amount
    from changed
    where previous_outcome in ('won', 'lost') and outcome != previous_outcome
    union all
    select
        opportunity_id,
        segment_from as moved_at,
        product_line,
        previous_owner_id as owner_id,
        previous_team_id as team_id,
        previous_region as region,
        'moved_out' as kind,
        previous_money as amount
    from changed
    where was_open and has_moved
    union all
    select {{ here }}, 'moved_in' as kind, previous_money as amount
    from changed
    where was_open and has_moved
    union all
    select {{ here }}, 'amount_up' as kind, money - previous_money as amount
    from changed
    where was_open and money > previous_money
    union all
    select {{ here }}, 'amount_down' as kind, previous_money - money as amount
    from changed
    where was_open and money < previous_money
    union all
    select {{ here }}, outcome as kind, money as amount
    from changed
    where outcome in ('won', 'lost') and outcome != coalesce(previous_outcome, 'none')
)

select
    moves.*,
    cast(moves.moved_at as date) as moved_on
from moves
