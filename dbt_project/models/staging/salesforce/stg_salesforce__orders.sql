-- Orders that are activated, and the company's own object if it keeps orders in one. A draft binds
-- nobody yet.
with standard_rows as (
    {{ salesforce_current('order', 'Order') }}
),

own_objects as (
    {{ salesforce_current('custom_orders', 'custom_orders') }}
),

families as (
    {{ salesforce_families('order_item', 'OrderItem', 'order_id') }}
),

organizations as (
    {{ salesforce_whole('organization') }}
),

united as (
    select
        orders.id as order_id,
        coalesce(orders.custom_opportunity_id, orders.opportunity_id) as opportunity_id,
        coalesce(orders.custom_account_id, orders.account_id) as account_id,
        coalesce(orders.custom_owner_id, orders.owner_id) as owner_id,
        coalesce(orders.custom_product_line, families.family) as product_line,
        coalesce(orders.custom_status, orders.status) as status,
        coalesce(orders.custom_amount, orders.total_amount) as amount,
        coalesce(orders.custom_currency, orders.currency_iso_code) as currency,
        coalesce(
            orders.custom_ordered_at, {{ company_midnight('orders.effective_date') }}, orders.activated_date
        ) as ordered_at,
        coalesce(orders.custom_promised_at, {{ company_midnight('orders.end_date') }}) as promised_at,
        orders.custom_delivered_at as delivered_at,
        orders.source,
        orders._loaded_at
    from standard_rows as orders
    left join families on orders.source = families.source and orders.id = families.order_id
    where coalesce(orders.status_code, orders.status, '') not in ('Draft', 'D')
    union all
    {{ own_orders('own_objects') }}
),

{{ staged_orders(
    {'currency': 'coalesce(united.currency, organizations.default_currency_iso_code)'},
    ['organizations on united.source = organizations.source'],
) }}
