-- Per snapshot day and open stage: how long a deal may stay before it counts as stalled, learned from the
-- deals won by that day (the rule of int_stages__benchmarks, which knows the as-of day only), and the
-- share of closed deals that had been in the stage and were won.
with wins as (
    select
        opportunity_id,
        entered_on as won_on,
        undone_on as reopened_on
    from {{ ref('int_opportunities__events') }}
    where is_close and outcome = 'won'
),

stays as (
    select
        wins.won_on,
        wins.reopened_on,
        events.left_on,
        events.stage,
        {{ exact_days_between('events.entered_at', 'events.left_at') }} as days_in_stage
    from wins
    inner join {{ ref('int_opportunities__events') }} as events
        on wins.opportunity_id = events.opportunity_id
    where events.outcome = 'open' and events.left_at is not null
),

learned as (
    select
        days.snapshot_on,
        stays.stage,
        count(*) as won_stays,
        percentile_cont(0.8) within group (order by stays.days_in_stage) as won_p80_days
    from {{ ref('int_metrics__snapshot_days') }} as days
    inner join stays
        on
            days.snapshot_on >= stays.won_on
            and days.snapshot_on >= stays.left_on
            and (stays.reopened_on is null or days.snapshot_on < stays.reopened_on)
    group by days.snapshot_on, stays.stage
)

select
    days.snapshot_on,
    stages.stage,
    case
        when learned.won_stays >= {{ var('stalled_min_cases') }} then learned.won_p80_days
        else {{ var('stalled_default_days') }}
    end as stalled_limit_days,
    {{ safe_divide('shares.won_by_then', 'shares.closed_by_then') }} as win_share
from {{ ref('int_metrics__snapshot_days') }} as days
cross join {{ ref('int_stages') }} as stages
left join learned
    on
        days.snapshot_on = learned.snapshot_on
        and stages.stage = learned.stage
left join {{ ref('int_pipeline__win_shares') }} as shares
    on
        stages.stage = shares.stage
        and days.snapshot_on between shares.changed_on and shares.known_to
where stages.outcome = 'open'
