with contacts as (
    {{ kingdee_current('contact') }}
),

renamed as (
    select
        ---------- ids
        id as contact_id,
        customer_number as account_id,
        ---------- text
        name as contact_name,
        title,
        ---------- bookkeeping
        source,
        _loaded_at
    from contacts
)

select * from renamed
