-- Owner, amount and expected close as they were from night to night: a row per change that was seen. The
-- first is dated by its last edit, since what stood there before it nobody knows.
with deals as (
    select * from {{ ref('stg_jiandaoyun__opportunities') }}
),

numbered as (
    select
        *,
        row_number() over (partition by source, opportunity_id order by _loaded_at) as version_number,
        lag(owner_id) over (partition by source, opportunity_id order by _loaded_at) as owner_before,
        lag(amount) over (partition by source, opportunity_id order by _loaded_at) as amount_before,
        lag(expected_close_date)
            over (partition by source, opportunity_id order by _loaded_at)
            as close_before,
        lag(updated_at) over (partition by source, opportunity_id order by _loaded_at) as updated_before
    from {{ source('raw', 'jiandaoyun__opportunities') }}
),

renamed as (
    select
        ---------- ids
        numbered.opportunity_id,
        numbered.owner_id,
        ---------- money
        cast(numbered.amount as decimal(18, 2)) as amount,
        ---------- dates
        numbered.expected_close_date,
        ---------- moments
        case
            when numbered.version_number = 1 then coalesce(numbered.updated_at, numbered.created_at)
            when numbered.updated_at > numbered.updated_before then numbered.updated_at
            else numbered._loaded_at
        end as changed_at,
        ---------- bookkeeping
        numbered.source,
        numbered._loaded_at
    from numbered
    inner join deals
        on numbered.source = deals.source and numbered.opportunity_id = deals.opportunity_id
    where
        numbered.version_number = 1
        or numbered.owner_id is distinct from numbered.owner_before
        or numbered.amount is distinct from numbered.amount_before
        or numbered.expected_close_date is distinct from numbered.close_before
)

select * from renamed
