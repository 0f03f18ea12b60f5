-- What the org itself says about duplicates: of two merged accounts the loser is deleted and names the
-- one that is left. A winner that was merged again later is followed by whoever reads this, pair by pair.
with named as (
    select
        id,
        master_record_id,
        source,
        _loaded_at,
        row_number() over (
            partition by source, id
            order by system_modstamp desc nulls last, _loaded_at desc
        ) as version_rank
    from {{ source('raw', 'salesforce__account') }}
    where master_record_id is not null and _deleted
),

renamed as (
    select
        ---------- ids
        id as old_account_id,
        master_record_id as account_id,
        ---------- bookkeeping
        source,
        _loaded_at
    from named
    where version_rank = 1
)

select * from renamed
