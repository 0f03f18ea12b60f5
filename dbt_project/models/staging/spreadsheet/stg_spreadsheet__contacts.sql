with source_rows as (
    select * from {{ source('raw', 'spreadsheet__contacts') }}
),

newest as (
    {{ newest_of('source_rows', 'source, contact_id', '_loaded_at desc, _file desc, _address') }}
),

renamed as (
    select
        ---------- ids
        trim(contact_id) as contact_id,
        trim(account_id) as account_id,
        ---------- text
        trim(contact_name) as contact_name,
        trim(title) as title,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
