with current_rows as (
    {{ neocrm_current('contact', 'contact') }}
),

renamed as (
    select
        ---------- ids
        id as contact_id,
        coalesce(custom_account_id, account_id) as account_id,
        ---------- text
        coalesce(custom_contact_name, contact_name) as contact_name,
        coalesce(custom_title, post) as title,
        ---------- bookkeeping
        source,
        _loaded_at
    from current_rows
)

select * from renamed
