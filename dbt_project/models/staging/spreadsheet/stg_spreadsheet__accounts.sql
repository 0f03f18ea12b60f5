with source_rows as (
    select * from {{ source('raw', 'spreadsheet__accounts') }}
),

newest as (
    {{ newest_of('source_rows', 'source, account_id', '_loaded_at desc, _file desc, _address') }}
),

renamed as (
    select
        ---------- ids
        trim(account_id) as account_id,
        trim(owner_id) as owner_id,
        ---------- text
        trim(account_name) as account_name,
        trim(industry) as industry,
        trim(region) as region,
        trim(credit_code) as credit_code,
        trim(status) as status,
        ---------- moments
        created_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
