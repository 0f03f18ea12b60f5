with current_rows as (
    {{ fxiaoke_current('lead') }}
),

renamed as (
    select
        ---------- ids
        id as lead_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        coalesce(custom_opportunity_id, opportunity_id) as opportunity_id,
        ---------- text
        coalesce(custom_lead_name, name) as lead_name,
        coalesce(custom_source_channel, source_channel) as source_channel,
        coalesce(custom_status, status) as status,
        ---------- moments
        coalesce(custom_created_at, created_at) as created_at,
        coalesce(custom_converted_at, converted_at) as converted_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from current_rows
)

select * from renamed
