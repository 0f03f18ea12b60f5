-- The company's revenue per month in fct_target_completion is, to the cent, what the facts say: orders
-- without cancelled ones, or won opportunities, by revenue_basis.
with facts as (
    {% if var('revenue_basis') == 'orders' %}
    select
        cast(date_trunc('month', ordered_on) as date) as period_start,
        sum(amount) as amount
    from {{ ref('fct_orders') }}
    where not is_cancelled
    group by cast(date_trunc('month', ordered_on) as date)
    {% else %}
    select
        cast(date_trunc('month', closed_on) as date) as period_start,
        sum(amount) as amount
    from {{ ref('fct_opportunities') }}
    where outcome = 'won' and closed_on is not null
    group by cast(date_trunc('month', closed_on) as date)
    {% endif %}
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
