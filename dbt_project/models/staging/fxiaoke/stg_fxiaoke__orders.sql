-- Orders that are in force, and the company's own object if it keeps orders in one. What is not
-- submitted (ineffective) or not approved yet (under_review) binds nobody.
with standard_rows as (
    {{ fxiaoke_current('sales_order') }}
),

own_objects as (
    {{ fxiaoke_current('custom_orders', stamp='record_modified_at') }}
),

product_lines as (
    {{ fxiaoke_product_lines('order_line', 'order_id') }}
),

united as (
    select
        orders.id as order_id,
        coalesce(orders.custom_opportunity_id, orders.opportunity_id) as opportunity_id,
        coalesce(orders.custom_account_id, orders.account_id) as account_id,
        coalesce(orders.custom_owner_id, orders.owner_id) as owner_id,
        coalesce(orders.custom_product_line, product_lines.product_line) as product_line,
        coalesce(orders.custom_status, orders.status) as status,
        coalesce(orders.custom_amount, orders.amount) as amount,
        coalesce(orders.custom_currency, orders.currency) as currency,
        coalesce(orders.custom_ordered_at, orders.ordered_at, orders.created_at) as ordered_at,
        coalesce(orders.custom_promised_at, orders.promised_at) as promised_at,
        coalesce(orders.custom_delivered_at, orders.delivered_at) as delivered_at,
        orders.source,
        orders._loaded_at
    from standard_rows as orders
    left join product_lines on orders.source = product_lines.source and orders.id = product_lines.order_id
    where coalesce(orders.life_status, 'normal') not in ('ineffective', 'under_review')
    union all
    {{ own_orders('own_objects') }}
),

{{ staged_orders() }}
