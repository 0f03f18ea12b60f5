with current_rows as (
    {{ neocrm_current('account', 'account') }}
),

renamed as (
    select
        ---------- ids
        id as account_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        ---------- text
        coalesce(custom_account_name, account_name) as account_name,
        coalesce(custom_industry, industry_id) as industry,
        coalesce(custom_region, f_state) as region,
        custom_credit_code as credit_code,
        coalesce(custom_status, high_sea_status) as status,
        ---------- moments
        coalesce(custom_created_at, created_at) as created_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from current_rows
)

select * from renamed
