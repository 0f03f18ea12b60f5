with source_rows as (
    select * from {{ source('raw', 'spreadsheet__orders') }}
),

newest as (
    {{ newest_of('source_rows', 'source, order_id', '_loaded_at desc, _file desc, _address') }}
),

renamed as (
    select
        ---------- ids
        trim(order_id) as order_id,
        trim(opportunity_id) as opportunity_id,
        trim(account_id) as account_id,
        trim(owner_id) as owner_id,
        ---------- text
        trim(product_line) as product_line,
        trim(status) as status,
        ---------- money
        amount,
        upper(trim(currency)) as currency,
        ---------- moments
        ordered_at,
        promised_at,
        delivered_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
