with orders as (
    {{ zoho_current('sales_orders') }}
),

-- An order outlives its account: when that is deleted the order names none any more, and belongs to
-- the account that it named last.
last_accounts as (
    select
        source,
        id,
        account_id
    from (
        select
            source,
            id,
            coalesce(custom_account_id, account_id) as account_id,
            row_number() over (
                partition by source, id order by _loaded_at desc, modified_time desc
            ) as named_rank
        from {{ source('raw', 'zoho__sales_orders') }}
        where coalesce(custom_account_id, account_id) is not null
    ) as named
    where named_rank = 1
),

deals as (
    {{ zoho_current('deals') }}
),

organisations as (
    {{ zoho_whole('organisation') }}
),

renamed as (
    select
        ---------- ids
        orders.id as order_id,
        coalesce(orders.custom_opportunity_id, orders.deal_id) as opportunity_id,
        coalesce(orders.custom_account_id, orders.account_id, last_accounts.account_id) as account_id,
        coalesce(orders.custom_owner_id, orders.owner_id) as owner_id,
        ---------- text
        coalesce(orders.custom_product_line, deals.custom_product_line) as product_line,
        coalesce(orders.custom_status, orders.status) as status,
        ---------- money
        cast(coalesce(orders.custom_amount, orders.grand_total) as decimal(18, 2)) as amount,
        upper(coalesce(orders.custom_currency, orders.currency, organisations.iso_code)) as currency,
        ---------- moments
        coalesce(orders.custom_ordered_at, orders.created_time) as ordered_at,
        coalesce(orders.custom_promised_at, {{ company_midnight('orders.due_date') }}) as promised_at,
        orders.custom_delivered_at as delivered_at,
        ---------- bookkeeping
        orders.source,
        orders._loaded_at
    from orders
    left join deals on orders.source = deals.source and orders.deal_id = deals.id
    left join last_accounts
        on orders.source = last_accounts.source and orders.id = last_accounts.id
    left join organisations on orders.source = organisations.source
)

select * from renamed
