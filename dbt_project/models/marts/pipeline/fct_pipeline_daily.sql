-- One row per day, scope and open stage: the open pipeline at the end of the day.
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
    cast(null as double) as coverage
from {{ ref('int_pipeline__days') }} as days
inner join {{ ref('int_stages') }} as stages on days.stage = stages.stage
left join {{ ref('int_pipeline__win_shares') }} as shares
    on
        days.stage = shares.stage
        and days.date_day between shares.changed_on and shares.known_to
