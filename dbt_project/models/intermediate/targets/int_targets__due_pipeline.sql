-- Per judged day, running period and scope: the open pipeline expected to close by the period's end (what
-- is overdue included), the same weighted with the share of wins of each deal's stage known that day, and
-- the weighted amount of all that is open. The projection uses the last: before a sheet's first load only
-- one expected close of a deal is known, which for closed deals is hindsight.
with due as (
    select
        spine.as_of,
        spine.period_type,
        spine.period_start,
        deals.owner_id,
        deals.team_id,
        deals.region,
        deals.product_line,
        sum(case when deals.expected_close_on <= spine.period_end then deals.amount else 0 end) as due_amount,
        sum(
            case when deals.expected_close_on <= spine.period_end then cast(deals.amount as double) else 0 end
            * coalesce(deals.win_share, 0)
        ) as due_weighted_amount,
        sum(cast(deals.amount as double) * coalesce(deals.win_share, 0)) as weighted_amount
    from {{ ref('int_targets__spine') }} as spine
    inner join {{ ref('int_metrics__open_deals') }} as deals
        on spine.as_of = deals.snapshot_on
    where spine.is_running and spine.is_reported
    group by
        spine.as_of, spine.period_type, spine.period_start,
        deals.owner_id, deals.team_id, deals.region, deals.product_line
),

scoped as (
    {{ scope_rows(
        'due', ['as_of', 'period_type', 'period_start', 'due_amount', 'due_weighted_amount', 'weighted_amount']
    ) }}
)

select
    as_of,
    period_type,
    period_start,
    scope_type,
    scope_id,
    sum(due_amount) as due_amount,
    sum(due_weighted_amount) as due_weighted_amount,
    sum(weighted_amount) as weighted_amount
from scoped
group by as_of, period_type, period_start, scope_type, scope_id
