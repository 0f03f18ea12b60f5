-- One row per open stage: how long it takes, learned from the company's own past up to the as-of
-- day. Only finished stays are in, so a stage that deals are stuck in looks quicker than it is:
-- compare with the age of the open deals.
with stays as (
    select
        events.opportunity_id,
        events.stage,
        state.outcome as deal_outcome,
        {{ exact_days_between('events.entered_at', 'events.left_at') }} as days_in_stage
    from {{ ref('int_opportunities__events') }} as events
    inner join {{ ref('int_opportunities__state') }} as state
        on events.opportunity_id = state.opportunity_id
    where events.outcome = 'open' and events.left_at is not null
),

won as (
    select
        stage,
        count(*) as won_stays,
        percentile_cont(0.8) within group (order by days_in_stage) as won_p80_days
    from stays
    where deal_outcome = 'won'
    group by stage
),

passed as (
    select
        stage,
        count(*) as passes,
        percentile_cont(0.8) within group (
            order by {{ exact_days_between('entered_at', 'advanced_at') }}
        ) as pass_p80_days
    from {{ ref('int_funnel__progress') }}
    where entered_at is not null and advanced_at is not null
    group by stage
)

select
    stages.stage,
    coalesce(won.won_stays, 0) as won_stays,
    won.won_p80_days,
    case
        when won.won_stays >= {{ var('stalled_min_cases') }} then won.won_p80_days
        else {{ var('stalled_default_days') }}
    end as stalled_limit_days,
    coalesce(passed.passes, 0) as passes,
    passed.pass_p80_days
from {{ ref('int_stages') }} as stages
left join won on stages.stage = won.stage
left join passed on stages.stage = passed.stage
where stages.outcome = 'open'
