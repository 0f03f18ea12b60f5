-- One row per day, scope and open stage: the open pipeline at the end of the day.
with shares as (
    -- By day first: a few thousand rows, so that the rows of all scopes are joined on equality.
    select
        calendar.date_day,
        win_shares.stage,
        win_shares.won_by_then,
        win_shares.closed_by_then
    from {{ ref('int_pipeline__win_shares') }} as win_shares
    inner join {{ ref('int_calendar__days') }} as calendar
        on
            win_shares.changed_on <= calendar.date_day
            and win_shares.known_to >= calendar.date_day
    where calendar.date_day <= {{ as_of_date() }}
)

select
    days.date_day,
    days.scope_type,
    days.scope_id,
    days.stage,
    stages.stage_order,
    days.open_count,
    days.open_amount,
    {{ safe_divide('shares.won_by_then', 'shares.closed_by_then') }} as win_share,
    coalesce(shares.closed_by_then, 0) as win_share_sample,
    cast(round(
        days.open_amount * shares.won_by_then / nullif(shares.closed_by_then, 0), 2
    ) as decimal(18, 2)) as weighted_amount,
    days.due_this_quarter_amount,
    case
        when remaining.remaining_amount > 0
            then {{ safe_divide('days.due_this_quarter_amount', 'remaining.remaining_amount') }}
    end as coverage
from {{ ref('int_pipeline__days') }} as days
inner join {{ ref('int_stages') }} as stages on days.stage = stages.stage
left join shares
    on
        days.stage = shares.stage
        and days.date_day = shares.date_day
left join {{ ref('int_pipeline__remaining_targets') }} as remaining
    on
        days.date_day = remaining.date_day
        and days.scope_type = remaining.scope_type
        and days.scope_id = remaining.scope_id
