-- Owner, amount and expected close as the loads have seen them: a row per change. The first is dated by
-- its last edit, since what stood there before it nobody knows; an edit that moved no date is dated by
-- the load that saw it.
with deals as (
    select * from {{ ref('stg_kingdee__opportunities') }}
),

numbered as (
    select
        *,
        row_number() over (partition by source, id order by _loaded_at) as version_number,
        lag(owner_id) over (partition by source, id order by _loaded_at) as owner_before,
        lag(amount) over (partition by source, id order by _loaded_at) as amount_before,
        lag(expected_on) over (partition by source, id order by _loaded_at) as expected_before,
        lag(coalesce(modified_at, created_at)) over (partition by source, id order by _loaded_at)
            as modified_before
    from {{ ref('stg_kingdee__opportunity_states') }}
),

renamed as (
    select
        ---------- ids
        numbered.id as opportunity_id,
        numbered.owner_id,
        ---------- money
        numbered.amount,
        ---------- dates
        numbered.expected_on as expected_close_date,
        ---------- moments
        case
            when numbered.version_number = 1 then coalesce(numbered.modified_at, numbered.created_at)
            when numbered.modified_at > numbered.modified_before then numbered.modified_at
            else numbered._loaded_at
        end as changed_at,
        ---------- bookkeeping
        numbered.source,
        numbered._loaded_at
    from numbered
    inner join deals on numbered.source = deals.source and numbered.id = deals.opportunity_id
    where
        numbered.version_number = 1
        or numbered.owner_id is distinct from numbered.owner_before
        or numbered.amount is distinct from numbered.amount_before
        or numbered.expected_on is distinct from numbered.expected_before
)

select * from renamed
