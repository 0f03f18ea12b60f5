with current_rows as (
    {{ salesforce_current('lead', 'Lead') }}
),

renamed as (
    select
        ---------- ids
        id as lead_id,
        -- A queue (00G) is nobody.
        case
            when coalesce(custom_owner_id, owner_id) not like '00G%' then coalesce(custom_owner_id, owner_id)
        end as owner_id,
        coalesce(custom_opportunity_id, converted_opportunity_id) as opportunity_id,
        ---------- text
        coalesce(custom_lead_name, name) as lead_name,
        coalesce(custom_source_channel, lead_source) as source_channel,
        coalesce(custom_status, status) as status,
        ---------- moments
        coalesce(custom_created_at, created_date) as created_at,
        coalesce(custom_converted_at, {{ company_midnight('converted_date') }}) as converted_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from current_rows
)

select * from renamed
