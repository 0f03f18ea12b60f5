with clues as (
    {{ kingdee_current('clue') }}
),

salesmen as (
    select * from {{ ref('stg_kingdee__salesmen') }}
),

renamed as (
    select
        ---------- ids
        clues.id as lead_id,
        {{ kingdee_person('clues.owner_number') }} as owner_id,
        clues.opportunity_id,
        ---------- text
        clues.customer_name as lead_name,
        clues.channel as source_channel,
        clues.state as status,
        ---------- moments
        clues.created_at,
        clues.converted_at,
        ---------- bookkeeping
        clues.source,
        clues._loaded_at
    from clues
    left join salesmen
        on clues.source = salesmen.source and clues.owner_number = salesmen.salesman_number
)

select * from renamed
