-- Owner, amount and closing date as they were from night to night: a row per change that was seen. The
-- first is dated by its last edit, since what stood there before it nobody knows.
with deals as (
    {{ fxiaoke_current('opportunity') }}
),

versions as (
    select
        id,
        created_at,
        modified_at,
        custom_created_at,
        source,
        _loaded_at,
        coalesce(custom_owner_id, owner_id) as owner_now,
        cast(coalesce(custom_amount, amount) as decimal(18, 2)) as amount_now,
        coalesce(custom_expected_close_date, expected_close_date) as close_now,
        row_number() over (partition by source, id order by modified_at, _loaded_at) as version_number
    from {{ source('raw', 'fxiaoke__opportunity') }}
    where not coalesce(_deleted, false)
),

compared as (
    select
        *,
        lag(owner_now) over (partition by source, id order by version_number) as owner_before,
        lag(amount_now) over (partition by source, id order by version_number) as amount_before,
        lag(close_now) over (partition by source, id order by version_number) as close_before,
        lag(modified_at) over (partition by source, id order by version_number) as modified_before
    from versions
),

renamed as (
    select
        ---------- ids
        compared.id as opportunity_id,
        compared.owner_now as owner_id,
        ---------- money
        compared.amount_now as amount,
        ---------- dates
        compared.close_now as expected_close_date,
        ---------- moments
        case
            when compared.version_number = 1
                then coalesce(compared.modified_at, compared.custom_created_at, compared.created_at)
            when compared.modified_at > compared.modified_before then compared.modified_at
            else compared._loaded_at
        end as changed_at,
        ---------- bookkeeping
        compared.source,
        compared._loaded_at
    from compared
    inner join deals on compared.source = deals.source and compared.id = deals.id
    where
        compared.version_number = 1
        or compared.owner_now is distinct from compared.owner_before
        or compared.amount_now is distinct from compared.amount_before
        or compared.close_now is distinct from compared.close_before
)

select * from renamed
