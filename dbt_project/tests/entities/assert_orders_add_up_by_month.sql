-- A failing row is a month and currency in which staged orders, without those that another source
-- tells as well, and fct_orders differ.
with staged_versions as (
    {{ union_staging('orders') }}
),

newest as (
    {{ newest_of('staged_versions', 'source, order_id', '_loaded_at desc, ordered_at desc, amount desc') }}
),

staged as (
    select
        cast(date_trunc('month', {{ to_company_date('newest.ordered_at') }}) as date) as month_start,
        coalesce(newest.currency, '{{ var("currency") }}') as currency,
        count(*) as orders,
        -- The paper of a refund is written without its sign.
        sum(case when stated.state = 'credit' then -abs(newest.amount) else newest.amount end) as amount
    from newest
    left join {{ ref('int_orders__stated') }} as stated
        on newest.source = stated.source and newest.order_id = stated.order_id
    left join {{ ref('int_orders__duplicates') }} as duplicates
        on newest.source = duplicates.source and newest.order_id = duplicates.order_id
    where
        {{ to_company_date('newest.ordered_at') }} <= {{ as_of_date() }}
        and duplicates.order_id is null
    group by month_start, coalesce(newest.currency, '{{ var("currency") }}')
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
