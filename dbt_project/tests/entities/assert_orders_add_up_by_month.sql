-- A failing row is a month and currency in which staged orders and fct_orders differ.
with staged_versions as (
    {{ union_staging('orders') }}
),

newest as (
    {{ newest_of('staged_versions', 'order_id', '_loaded_at desc, source') }}
),

staged as (
    select
        cast(date_trunc('month', {{ to_company_date('ordered_at') }}) as date) as month_start,
        coalesce(currency, '{{ var("currency") }}') as currency,
        count(*) as orders,
        sum(amount) as amount
    from newest
    where {{ to_company_date('ordered_at') }} <= {{ as_of_date() }}
    group by month_start, currency
),

marts as (
    select
        cast(date_trunc('month', ordered_on) as date) as month_start,
        currency,
        count(*) as orders,
        sum(original_amount) as amount
    from {{ ref('fct_orders') }}
    group by month_start, currency
)

select
    coalesce(staged.month_start, marts.month_start) as month_start,
    coalesce(staged.currency, marts.currency) as currency,
    staged.orders as staged_orders,
    marts.orders as mart_orders,
    staged.amount as staged_amount,
    marts.amount as mart_amount
from staged
full outer join marts
    on staged.month_start = marts.month_start and staged.currency = marts.currency
where
    coalesce(staged.orders, 0) != coalesce(marts.orders, 0)
    or coalesce(staged.amount, 0) != coalesce(marts.amount, 0)
