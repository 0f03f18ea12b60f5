with versions as (
    {{ newest_of(source('raw', 'zoho__deals'), 'source, id, modified_time', '_loaded_at desc, _deleted') }}
),

renamed as (
    select
        ---------- ids
        id as opportunity_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        ---------- money
        cast(coalesce(custom_amount, amount) as decimal(18, 2)) as amount,
        ---------- dates
        coalesce(custom_expected_close_date, closing_date) as expected_close_date,
        ---------- moments
        modified_time as changed_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from versions
    where not _deleted
)

select * from renamed
