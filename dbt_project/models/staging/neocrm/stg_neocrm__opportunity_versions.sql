-- Owner, amount and close date as they were: from the versions seen from load to load and, for the
-- time before and between them, the tenant's log of money and ownerId as far as it is read. Before
-- the first that is known, the log's old value or else the first version stands in.
with deals as (
    {{ neocrm_current('opportunity', 'opportunity') }}
),

versions as (
    select
        *,
        lag(updated_at) over (partition by source, id order by _loaded_at, updated_at) as updated_before
    from {{ source('raw', 'neocrm__opportunity') }}
),

-- Where a deal has the company's own field, the log is about another one.
logged as (
    select
        log_rows.*,
        log_rows.item = 'money' as is_money,
        {{ neocrm_money('log_rows.old_value') }} as amount_before,
        {{ neocrm_money('log_rows.new_value') }} as amount
    from ({{ neocrm_logged(['money', 'ownerId']) }}) as log_rows
    inner join deals on log_rows.source = deals.source and log_rows.data_id = deals.id
    where
        case
            when log_rows.item = 'money' then deals.custom_amount is null
            else deals.custom_owner_id is null and log_rows.new_value is not null
        end
),

-- The columns told_ are 1 where an event gives that column a value, be it null; each has the value
-- before the event and after it. Events of one moment: creation, log, version as read.
events as (
    select
        source,
        id,
        coalesce(custom_created_at, created_at) as changed_at,
        0 as event_rank,
        '' as event_id,
        0 as told_amount,
        0 as told_owner,
        0 as told_day,
        cast(null as decimal(18, 2)) as amount_before,
        cast(null as decimal(18, 2)) as amount,
        cast(null as string) as owner_before,
        cast(null as string) as owner_id,
        cast(null as date) as close_date
    from deals
    union all
    select
        source,
        data_id as id,
        created_at as changed_at,
        1 as event_rank,
        log_id as event_id,
        case when is_money then 1 else 0 end as told_amount,
        case when is_money then 0 else 1 end as told_owner,
        0 as told_day,
        case when is_money then amount_before end as amount_before,
        case when is_money then amount end as amount,
        case when not is_money then old_value end as owner_before,
        case when not is_money then new_value end as owner_id,
        cast(null as date) as close_date
    from logged
    where not is_money or amount is not null or new_value is null
    union all
    select
        source,
        id,
        -- Not every change is sure to move the record's time of change.
        case
            when updated_before is null or updated_at > updated_before then updated_at else _loaded_at
        end as changed_at,
        2 as event_rank,
        cast(_loaded_at as string) as event_id,
        1 as told_amount,
        1 as told_owner,
        1 as told_day,
        cast(coalesce(custom_amount, money) as decimal(18, 2)) as amount_before,
        cast(coalesce(custom_amount, money) as decimal(18, 2)) as amount,
        coalesce(custom_owner_id, owner_id) as owner_before,
        coalesce(custom_owner_id, owner_id) as owner_id,
        coalesce(custom_expected_close_date, close_date) as close_date
    from versions
),

{{ neocrm_filled('events', {
    'amount': ('told_amount', 'amount_before'), 'owner_id': ('told_owner', 'owner_before'),
    'close_date': ('told_day', 'close_date'),
}) }},

renamed as (
    select
        filled.id as opportunity_id,
        filled.owner_id,
        filled.amount,
        filled.close_date as expected_close_date,
        filled.changed_at,
        filled.source,
        deals._loaded_at
    from filled
    inner join deals on filled.source = deals.source and filled.id = deals.id
)

select * from renamed
