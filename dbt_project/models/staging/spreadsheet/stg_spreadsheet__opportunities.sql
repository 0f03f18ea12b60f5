with source_rows as (
    select * from {{ source('raw', 'spreadsheet__opportunities') }}
),

newest as (
    {{ newest_of(
        'source_rows',
        'source, opportunity_id',
        'updated_at desc nulls last, _loaded_at desc, _file desc, _address'
    ) }}
),

renamed as (
    select
        ---------- ids
        trim(opportunity_id) as opportunity_id,
        trim(account_id) as account_id,
        trim(owner_id) as owner_id,
        ---------- text
        trim(opportunity_name) as opportunity_name,
        trim(product_line) as product_line,
        trim(stage) as stage,
        trim(lost_reason) as lost_reason,
        ---------- money
        amount,
        upper(trim(currency)) as currency,
        ---------- dates
        expected_close_date,
        ---------- moments
        created_at,
        closed_at,
        updated_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
