-- The moment of conversion is not kept: it is mapped, else that of the opportunity's creation, also of
-- one that has been deleted since. A lead in the high sea (公海) has no owner.
with current_rows as (
    {{ neocrm_current('lead', 'lead') }}
),

deals as (
    select
        source,
        id,
        min(coalesce(custom_created_at, created_at)) as created_at
    from {{ source('raw', 'neocrm__opportunity') }}
    group by source, id
),

linked as (
    select
        *,
        coalesce(custom_opportunity_id, opportunity_id) as deal_id,
        coalesce(custom_created_at, created_at) as came_at
    from current_rows
),

renamed as (
    select
        ---------- ids
        linked.id as lead_id,
        coalesce(linked.custom_owner_id, linked.owner_id) as owner_id,
        linked.deal_id as opportunity_id,
        ---------- text
        coalesce(linked.custom_lead_name, linked.name, linked.company_name) as lead_name,
        coalesce(linked.custom_source_channel, linked.lead_source_id) as source_channel,
        coalesce(linked.custom_status, linked.status, linked.high_sea_status) as status,
        ---------- moments
        linked.came_at as created_at,
        -- Put to a deal that was there before, it is converted when it comes.
        coalesce(
            linked.custom_converted_at,
            case when deals.created_at < linked.came_at then linked.came_at else deals.created_at end
        ) as converted_at,
        ---------- bookkeeping
        linked.source,
        linked._loaded_at
    from linked
    left join deals on linked.source = deals.source and linked.deal_id = deals.id
)

select * from renamed
