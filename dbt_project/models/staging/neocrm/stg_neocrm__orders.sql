-- Orders (订单), and the company's own object if it keeps orders in one. Which fields of an order hold
-- its dates differs from tenant to tenant; without any its creation is its time.
with standard_rows as (
    {{ neocrm_current('order', 'order') }}
),

own_objects as (
    {{ neocrm_current('custom_orders', 'custom_orders') }}
),

deals as (
    select * from {{ ref('stg_neocrm__opportunities') }}
),

currencies as (
    {{ neocrm_currencies() }}
),

home_currencies as (
    {{ neocrm_home_currency() }}
),

united as (
    select
        id as order_id,
        coalesce(custom_opportunity_id, opportunity_id) as opportunity_id,
        coalesce(custom_account_id, account_id) as account_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        custom_product_line as product_line,
        coalesce(custom_status, status) as status,
        coalesce(custom_amount, amount) as amount,
        custom_currency as currency,
        coalesce(custom_ordered_at, transaction_date, created_at) as ordered_at,
        coalesce(custom_promised_at, delivery_date) as promised_at,
        custom_delivered_at as delivered_at,
        source,
        _loaded_at
    from standard_rows
    union all
    {{ own_orders('own_objects') }}
),

{{ staged_orders(
    {
        'account_id': 'coalesce(united.account_id, deals.account_id)',
        'owner_id': 'coalesce(united.owner_id, deals.owner_id)',
        'product_line': 'coalesce(united.product_line, deals.product_line)',
        'currency': 'coalesce(currencies.currency_code, united.currency, home_currencies.currency_code)',
    },
    [
        'deals on united.source = deals.source and united.opportunity_id = deals.opportunity_id',
        'currencies on united.source = currencies.source and united.currency = currencies.written',
        'home_currencies on united.source = home_currencies.source',
    ],
) }}
