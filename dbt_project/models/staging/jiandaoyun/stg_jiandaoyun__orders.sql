with current_rows as (
    {{ jiandaoyun_current('orders', 'order_id') }}
),

{{ jiandaoyun_accounts() }},

{{ jiandaoyun_deals() }},

renamed as (
    select
        ---------- ids
        current_rows.order_id,
        coalesce(
            deals.opportunity_id, deal_names.opportunity_id, current_rows.opportunity_id
        ) as opportunity_id,
        coalesce(
            accounts.account_id, account_names.account_id, current_rows.account_id, current_rows.account_name
        ) as account_id,
        current_rows.owner_id,
        ---------- text
        current_rows.product_line,
        current_rows.status,
        ---------- money
        cast(current_rows.amount as decimal(18, 2)) as amount,
        upper(current_rows.currency) as currency,
        ---------- moments
        current_rows.ordered_at,
        current_rows.promised_at,
        current_rows.delivered_at,
        ---------- bookkeeping
        current_rows.source,
        current_rows._loaded_at
    from current_rows
    left join accounts
        on
            current_rows.source = accounts.source and current_rows.account_id = accounts.account_id
    left join account_names
        on
            current_rows.source = account_names.source
            and current_rows.account_name = account_names.account_name
    left join deals
        on
            current_rows.source = deals.source
            and current_rows.opportunity_id = deals.opportunity_id
    left join deal_names
        on
            current_rows.source = deal_names.source
            and current_rows.opportunity_name = deal_names.opportunity_name
)

select * from renamed
