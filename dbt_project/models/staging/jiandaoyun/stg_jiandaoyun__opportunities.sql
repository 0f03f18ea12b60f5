with current_rows as (
    {{ jiandaoyun_current('opportunities', 'opportunity_id') }}
),

{{ jiandaoyun_accounts() }},

renamed as (
    select
        ---------- ids
        current_rows.opportunity_id,
        coalesce(
            accounts.account_id, account_names.account_id, current_rows.account_id
        ) as account_id,
        current_rows.owner_id,
        ---------- text
        current_rows.opportunity_name,
        current_rows.product_line,
        current_rows.stage,
        current_rows.lost_reason,
        ---------- money
        cast(current_rows.amount as decimal(18, 2)) as amount,
        upper(current_rows.currency) as currency,
        ---------- dates
        current_rows.expected_close_date,
        ---------- moments
        current_rows.created_at,
        current_rows.closed_at,
        current_rows.updated_at,
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
)

select * from renamed
