-- One row per customer and day with an order: its rhythm as it stood from that day to the next order.
-- The same rule as int_accounts__rhythm, which knows the as-of day only.
with order_days as (
    select distinct
        account_id,
        ordered_on,
        returned_on
    from {{ ref('int_orders__united') }}
    where not is_cancelled and not is_return and account_id is not null
),

numbered as (
    select
        account_id,
        ordered_on,
        returned_on,
        row_number() over (partition by account_id order by ordered_on) as order_days,
        lead(ordered_on) over (partition by account_id order by ordered_on) as next_order_on,
        {{ days_between('lag(ordered_on) over (partition by account_id order by ordered_on)', 'ordered_on') }}
            as gap_days
    from order_days
)

select
    step.account_id,
    step.ordered_on,
    step.next_order_on,
    step.returned_on,
    step.order_days,
    case when step.order_days >= 3 then percentile_cont(0.5) within group (order by earlier.gap_days) end
        as own_rhythm_days,
    case when step.order_days >= 3 then percentile_cont(0.9) within group (order by earlier.gap_days) end
        as p90_gap_days
from numbered as step
inner join numbered as earlier
    on
        step.account_id = earlier.account_id
        and step.ordered_on >= earlier.ordered_on
group by step.account_id, step.ordered_on, step.next_order_on, step.returned_on, step.order_days
