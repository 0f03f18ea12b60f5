with current_rows as (
    {{ jiandaoyun_current('contacts', 'contact_id') }}
),

{{ jiandaoyun_accounts() }},

renamed as (
    select
        ---------- ids
        current_rows.contact_id,
        coalesce(
            accounts.account_id, account_names.account_id, current_rows.account_id
        ) as account_id,
        ---------- text
        current_rows.contact_name,
        current_rows.title,
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
