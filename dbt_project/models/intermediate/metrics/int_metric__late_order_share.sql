-- Orders by the day they were promised for: late if they were not fully delivered by that day, whether
-- they came later or are still out. Cancelled orders and orders without a promise are not in it.
with events as (
    select
        orders.promised_on as event_on,
        orders.order_id as record_id,
        orders.owner_id,
        stays.team_id,
        stays.region,
        orders.product_line,
        '' as dimension,
        case when orders.delivered_on <= orders.promised_on then 0 else 1 end as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_orders__united') }} as orders
    left join {{ ref('int_reps__history') }} as stays
        on
            orders.owner_id = stays.rep_id
            and orders.ordered_on between stays.covers_from and stays.covers_to
    -- Promised for the as-of day itself and not delivered yet: the day is not over for it.
    where
        not orders.is_cancelled
        and not orders.is_return
        and (orders.promised_on < {{ as_of_date() }} or orders.delivered_on <= orders.promised_on)
),

{{ metric_rows('events', 'late_order_share', 'share', 'orders') }}
