-- Per judged day, running period and scope: the open pipeline expected to close by the period's end (what
-- is overdue included), the same weighted with the share of wins of each deal's stage known that day, and
-- of all that is open the amount to expect by the period's end: each deal by its chance of being won in the
-- weeks left, with the variance of their sum. The projection uses the last: before a sheet's first load only
-- one expected close of a deal is known, which for closed deals is hindsight.
with running as (
    select
        spine.as_of,
        spine.period_type,
        spine.period_start,
        spine.period_end,
        days.fiscal_month_start as learned_on,
        {{ days_between('spine.as_of', 'spine.period_end') }} / cast(7 as double) as weeks_left,
        cast(floor({{ days_between('spine.as_of', 'spine.period_end') }} / 7.0) as integer)
            as whole_weeks_left
    from {{ ref('int_targets__spine') }} as spine
    inner join {{ ref('int_calendar__days') }} as days on spine.as_of = days.date_day
    where spine.is_running and spine.is_reported
),

-- Between two weeks the chance is read off the line that joins them.
judged as (
    select
        running.*,
        deals.owner_id,
        deals.team_id,
        deals.region,
        deals.product_line,
        deals.win_share,
        deals.expected_close_on,
        deals.amount,
        cast(deals.amount as double) as open_amount,
        coalesce(
            chances.chance_before
            + (chances.chance - chances.chance_before) * (running.weeks_left - running.whole_weeks_left),
            0
        ) as win_chance
    from running
    inner join {{ ref('int_metrics__open_deals') }} as deals
        on running.as_of = deals.snapshot_on
    left join {{ ref('int_pipeline__win_chances') }} as chances
        on
            running.learned_on = chances.learned_on
            and deals.waiting_stage = chances.waiting_stage
            and deals.wait_band = chances.wait_band
            and chances.week = running.whole_weeks_left + 1
),

due as (
    select
        as_of,
        period_type,
        period_start,
        owner_id,
        team_id,
        region,
        product_line,
        sum(case when expected_close_on <= period_end then amount else 0 end) as due_amount,
        {{ exact_sum(
            'case when expected_close_on <= period_end then open_amount else 0 end * coalesce(win_share, 0)'
        ) }} as due_weighted_amount,
        {{ exact_sum('open_amount * win_chance') }} as expected_amount,
        {{ exact_sum('open_amount * open_amount * win_chance * (1 - win_chance)', 2) }} as expected_variance
    from judged
    group by as_of, period_type, period_start, owner_id, team_id, region, product_line
),

scoped as (
    {{ scope_rows(
        'due',
        [
            'as_of', 'period_type', 'period_start', 'due_amount', 'due_weighted_amount',
            'expected_amount', 'expected_variance',
        ]
    ) }}
)

select
    as_of,
    period_type,
    period_start,
    scope_type,
    scope_id,
    sum(due_amount) as due_amount,
    cast(sum(due_weighted_amount) as double) as due_weighted_amount,
    cast(sum(expected_amount) as double) as expected_amount,
    cast(sum(expected_variance) as double) as expected_variance
from scoped
group by as_of, period_type, period_start, scope_type, scope_id
