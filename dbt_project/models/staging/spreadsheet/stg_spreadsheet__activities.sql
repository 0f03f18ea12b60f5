with source_rows as (
    select * from {{ source('raw', 'spreadsheet__activities') }}
),

newest as (
    {{ newest_of('source_rows', 'source, activity_id', '_loaded_at desc, _file desc, _address') }}
),

renamed as (
    select
        ---------- ids
        trim(activity_id) as activity_id,
        trim(opportunity_id) as opportunity_id,
        trim(account_id) as account_id,
        trim(owner_id) as owner_id,
        ---------- text
        trim(activity_type) as activity_type,
        direction,
        ---------- moments
        occurred_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
