-- Per judged day, running period and scope: the open pipeline expected to close by the period's end (what
-- is overdue included), and the same weighted with the share of wins of each deal's stage known that day.
with due as (
    select
        spine.as_of,
        spine.period_type,
        spine.period_start,
        deals.owner_id,
        deals.team_id,
        deals.region,
        deals.product_line,
        sum(deals.amount) as open_amount,
        sum(cast(deals.amount as double) * coalesce(deals.win_share, 0)) as weighted_amount,
        count(*) as open_deals
    from {{ ref('int_targets__spine') }} as spine
    inner join {{ ref('int_metrics__open_deals') }} as deals
        on
            spine.as_of = deals.snapshot_on
            and spine.period_end >= deals.expected_close_on
    where spine.is_running and spine.is_reported
    group by
        spine.as_of, spine.period_type, spine.period_start,
        deals.owner_id, deals.team_id, deals.region, deals.product_line
),

scoped as (
    {{ scope_rows(
        'due', ['as_of', 'period_type', 'period_start', 'open_amount', 'weighted_amount', 'open_deals']
    ) }}
)

select
    as_of,
    period_type,
    period_start,
    scope_type,
    scope_id,
    sum(open_amount) as open_amount,
    sum(weighted_amount) as weighted_amount,
    sum(open_deals) as open_deals
from scoped
group by as_of, period_type, period_start, scope_type, scope_id
