-- Sales orders, or those of the company's own module if it keeps orders in one.
with standard_rows as (
    {{ zoho_current('sales_orders') }}
),

own_objects as (
    {{ zoho_current('custom_orders') }}
),

-- An order outlives its account: when that is deleted the order names none any more, and belongs to
-- the account that it named last.
named as (
    select
        source,
        id,
        coalesce(custom_account_id, account_id) as account_id,
        modified_time,
        _loaded_at
    from {{ source('raw', 'zoho__sales_orders') }}
    union all
    select
        source,
        id,
        account_id,
        modified_time,
        _loaded_at
    from {{ source('raw', 'zoho__custom_orders') }}
),

last_accounts as (
    select
        source,
        id,
        account_id
    from (
        select
            *,
            row_number() over (
                partition by source, id order by _loaded_at desc, modified_time desc
            ) as named_rank
        from named
        where account_id is not null
    ) as ranked
    where named_rank = 1
),

deals as (
    {{ zoho_current('deals') }}
),

organisations as (
    {{ zoho_whole('organisation') }}
),

united as (
    select
        id as order_id,
        coalesce(custom_opportunity_id, deal_id) as opportunity_id,
        coalesce(custom_account_id, account_id) as account_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        custom_product_line as product_line,
        coalesce(custom_status, status) as status,
        coalesce(custom_amount, grand_total) as amount,
        coalesce(custom_currency, currency) as currency,
        coalesce(custom_ordered_at, created_time) as ordered_at,
        coalesce(custom_promised_at, {{ company_midnight('due_date') }}) as promised_at,
        custom_delivered_at as delivered_at,
        source,
        _loaded_at
    from standard_rows
    union all
    {{ own_orders('own_objects') }}
),

{{ staged_orders(
    {
        'account_id': 'coalesce(united.account_id, last_accounts.account_id)',
        'product_line': 'coalesce(united.product_line, deals.custom_product_line)',
        'currency': 'coalesce(united.currency, organisations.iso_code)',
    },
    [
        'deals on united.source = deals.source and united.opportunity_id = deals.id',
        'last_accounts on united.source = last_accounts.source and united.order_id = last_accounts.id',
        'organisations on united.source = organisations.source',
    ],
) }}
