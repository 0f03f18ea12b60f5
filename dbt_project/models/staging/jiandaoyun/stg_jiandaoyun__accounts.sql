with current_rows as (
    {{ jiandaoyun_current('accounts', 'account_id') }}
),

renamed as (
    select
        ---------- ids
        account_id,
        owner_id,
        ---------- text
        account_name,
        industry,
        region,
        credit_code,
        status,
        ---------- moments
        created_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from current_rows
)

select * from renamed
