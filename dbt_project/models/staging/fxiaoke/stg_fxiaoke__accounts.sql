with current_rows as (
    {{ fxiaoke_current('account') }}
),

renamed as (
    select
        ---------- ids
        id as account_id,
        -- A customer in a public pool (公海) has no owner.
        coalesce(custom_owner_id, owner_id) as owner_id,
        ---------- text
        coalesce(custom_account_name, name) as account_name,
        coalesce(custom_industry, industry) as industry,
        coalesce(custom_region, region) as region,
        coalesce(custom_credit_code, credit_code) as credit_code,
        coalesce(custom_status, status) as status,
        ---------- moments
        coalesce(custom_created_at, created_at) as created_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from current_rows
)

select * from renamed
