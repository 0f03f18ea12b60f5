with current_rows as (
    {{ zoho_current('leads') }}
),

renamed as (
    select
        ---------- ids
        id as lead_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        coalesce(custom_opportunity_id, converted_deal_id) as opportunity_id,
        ---------- text
        coalesce(custom_lead_name, full_name) as lead_name,
        coalesce(custom_source_channel, lead_source) as source_channel,
        coalesce(custom_status, lead_status) as status,
        ---------- moments
        coalesce(custom_created_at, created_time) as created_at,
        coalesce(custom_converted_at, converted_date_time) as converted_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from current_rows
)

select * from renamed
