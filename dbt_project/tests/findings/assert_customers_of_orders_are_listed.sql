-- A failing row is a customer that orders name and no account list contains.
select
    accounts.account_id,
    count(*) as orders
from {{ ref('dim_account') }} as accounts
inner join {{ ref('fct_orders') }} as orders on accounts.account_id = orders.account_id
where
    not accounts.is_listed
    and exists (
        select 1 from {{ ref('dim_account') }} as listed
        where listed.is_listed
    )
group by accounts.account_id
