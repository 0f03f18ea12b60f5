with source_rows as (
    select * from {{ source('raw', 'spreadsheet__stage_history') }}
),

newest as (
    {{ newest_of('source_rows', 'source, event_id', '_loaded_at desc, _file desc, _address') }}
),

renamed as (
    select
        ---------- ids
        trim(event_id) as event_id,
        trim(opportunity_id) as opportunity_id,
        trim(changed_by) as changed_by,
        ---------- text
        trim(from_stage) as from_stage,
        trim(to_stage) as to_stage,
        ---------- money
        amount,
        ---------- moments
        changed_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
