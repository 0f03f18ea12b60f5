-- One row per order.
with orders as (
    select * from {{ ref('int_orders__united') }}
),

judged as (
    select
        orders.*,
        -- Late until the last delivery; an order still out is late from the day after its promise.
        greatest(
            {{ days_between('orders.promised_on', 'coalesce(orders.delivered_on, ' ~ as_of_date() ~ ')') }}, 0
        ) as days_over
    from orders
)

select
    judged.order_id,
    judged.source,
    judged.opportunity_id,
    judged.account_id,
    judged.owner_id,
    reps.team_id,
    reps.region,
    judged.product_line,
    judged.amount,
    judged.original_amount,
    judged.currency,
    judged.ordered_at,
    judged.ordered_on,
    judged.promised_on,
    judged.delivered_on,
    judged.status,
    judged.is_cancelled,
    judged.is_return,
    judged.is_partly_delivered,
    case
        when judged.promised_on is not null and not judged.is_cancelled and not judged.is_return
            then judged.days_over > 0
    end as is_late,
    case
        when judged.promised_on is not null and not judged.is_cancelled and not judged.is_return
            then judged.days_over
    end as days_late
from judged
left join {{ ref('int_reps__history') }} as reps
    on
        judged.owner_id = reps.rep_id
        and judged.ordered_on between reps.covers_from and reps.covers_to
