-- One row per order placed by the as-of day, in the company's terms, each counted once, and returned_on: the
-- day on which all that the customer had bought by then was back. Until that day it was a customer.
with converted as (
    select * from {{ ref('int_orders__completed') }}
),

days as (
    select
        account_id,
        ordered_on,
        sum(sum(coalesce(amount, 0))) over (partition by account_id order by ordered_on) as kept_amount,
        bool_or(is_return) as has_return
    from converted
    where not is_cancelled
    group by account_id, ordered_on
),

-- The first day from that of the order on at which a return left the customer nothing it had bought.
wiped as (
    select
        account_id,
        ordered_on,
        min(case when has_return and kept_amount <= 0 then ordered_on end) over (
            partition by account_id order by ordered_on
            rows between current row and unbounded following
        ) as returned_on
    from days
)

select
    converted.*,
    wiped.returned_on
from converted
left join wiped
    on converted.account_id = wiped.account_id and converted.ordered_on = wiped.ordered_on
