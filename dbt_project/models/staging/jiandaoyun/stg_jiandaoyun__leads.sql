with current_rows as (
    {{ jiandaoyun_current('leads', 'lead_id') }}
),

{{ jiandaoyun_deals() }},

renamed as (
    select
        ---------- ids
        current_rows.lead_id,
        current_rows.owner_id,
        coalesce(
            deals.opportunity_id, deal_names.opportunity_id, current_rows.opportunity_id
        ) as opportunity_id,
        ---------- text
        current_rows.lead_name,
        current_rows.source_channel,
        current_rows.status,
        ---------- moments
        current_rows.created_at,
        current_rows.converted_at,
        ---------- bookkeeping
        current_rows.source,
        current_rows._loaded_at
    from current_rows
    left join deals
        on
            current_rows.source = deals.source
            and current_rows.opportunity_id = deals.opportunity_id
    left join deal_names
        on
            current_rows.source = deal_names.source
            and current_rows.opportunity_name = deal_names.opportunity_name
)

select * from renamed
