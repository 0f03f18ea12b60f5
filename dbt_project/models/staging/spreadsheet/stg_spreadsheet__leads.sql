with source_rows as (
    select * from {{ source('raw', 'spreadsheet__leads') }}
),

newest as (
    {{ newest_of('source_rows', 'source, lead_id', '_loaded_at desc, _file desc, _address') }}
),

renamed as (
    select
        ---------- ids
        trim(lead_id) as lead_id,
        trim(owner_id) as owner_id,
        trim(opportunity_id) as opportunity_id,
        ---------- text
        trim(lead_name) as lead_name,
        trim(source_channel) as source_channel,
        trim(status) as status,
        ---------- moments
        created_at,
        converted_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
