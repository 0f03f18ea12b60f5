-- A failing row is a word for a return under which orders with a positive amount stand whose customer had
-- bought as much before: papers of returns, it may be, that should lower revenue.
with returned as (
    select
        source,
        order_id,
        account_id,
        status,
        ordered_on,
        original_amount,
        currency
    from {{ ref('int_orders__stated') }}
    where state = 'returned' and original_amount > 0
),

bought as (
    select distinct
        returned.source,
        returned.order_id
    from returned
    inner join {{ ref('int_orders__stated') }} as others
        on
            returned.account_id = others.account_id
            and returned.currency = others.currency
            and returned.order_id != others.order_id
    where
        not others.is_cancelled
        and others.original_amount >= returned.original_amount
        and others.ordered_on <= returned.ordered_on
)

select
    returned.source,
    returned.status,
    returned.currency,
    count(*) as orders,
    sum(returned.original_amount) as amount,
    min(returned.order_id) as example
from returned
inner join bought on returned.source = bought.source and returned.order_id = bought.order_id
group by returned.source, returned.status, returned.currency
