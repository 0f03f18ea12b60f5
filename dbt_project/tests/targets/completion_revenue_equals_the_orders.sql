-- The company's revenue per month in fct_target_completion is, to the cent, what the facts say: orders
-- without cancelled ones, or won opportunities, by revenue_basis.
with facts as (
    select
        days.fiscal_month_start as period_start,
        sum(orders.amount) as amount
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_date') }} as days on orders.ordered_on = days.date_day
    where not orders.is_cancelled and '{{ var("revenue_basis") }}' = 'orders'
    group by days.fiscal_month_start
    union all
    select
        days.fiscal_month_start as period_start,
        sum(deals.amount) as amount
    from {{ ref('fct_opportunities') }} as deals
    inner join {{ ref('dim_date') }} as days on deals.closed_on = days.date_day
    where deals.outcome = 'won' and '{{ var("revenue_basis") }}' = 'won'
    group by days.fiscal_month_start
),

completion as (
    select
        period_start,
        actual_amount
    from {{ ref('fct_target_completion') }}
    where period_type = 'month' and scope_type = 'company' and metric = 'revenue'
)

select
    coalesce(facts.period_start, completion.period_start) as period_start,
    facts.amount,
    completion.actual_amount
from facts
full outer join completion on facts.period_start = completion.period_start
where coalesce(facts.amount, 0) != coalesce(completion.actual_amount, 0)
