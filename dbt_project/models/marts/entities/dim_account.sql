-- One row per customer.
with orders as (
    select
        account_id,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on,
        count(*) as order_count
    from {{ ref('int_orders__united') }}
    where not is_cancelled and not is_return and returned_on is null
    group by account_id
)

select
    accounts.account_id,
    accounts.account_name,
    accounts.owner_id,
    coalesce(accounts.region, reps.region) as region,
    accounts.industry,
    accounts.status,
    accounts.created_on,
    orders.first_order_on,
    orders.last_order_on,
    coalesce(orders.order_count, 0) as order_count,
    accounts.is_listed,
    accounts.source
from {{ ref('int_accounts__united') }} as accounts
left join {{ ref('int_reps__history') }} as reps
    on
        accounts.owner_id = reps.rep_id
        and {{ as_of_date() }} between reps.covers_from and reps.covers_to
left join orders on accounts.account_id = orders.account_id
