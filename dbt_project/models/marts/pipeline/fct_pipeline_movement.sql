-- One row per ISO week and scope: the bridge from the open pipeline at the week's start to its end.
with weeks as (
    select * from {{ ref('int_pipeline__weeks') }}
),

bridged as (
    select
        *,
        -- Deals that came back or came over are part of what came in; see the column descriptions.
        cast(created + reopened as decimal(18, 2)) as came_in,
        cast(amount_up + moved_in as decimal(18, 2)) as went_up,
        cast(amount_down + moved_out as decimal(18, 2)) as went_down
    from weeks
),

running as (
    select
        *,
        cast(sum(came_in - won - lost + went_up - went_down) over (
            partition by scope_type, scope_id order by week_start
        ) as decimal(18, 2)) as closing
    from bridged
)

select
    week_start,
    week_end,
    scope_type,
    scope_id,
    cast(closing - (came_in - won - lost + went_up - went_down) as decimal(18, 2)) as opening,
    came_in as created,
    won,
    lost,
    went_up as amount_up,
    went_down as amount_down,
    pushed_out,
    pulled_in,
    closing,
    reopened,
    moved_in,
    moved_out,
    created_count,
    week_end <= {{ as_of_date() }} as is_complete
from running
