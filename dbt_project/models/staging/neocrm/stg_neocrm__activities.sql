-- Follow-ups and visits with the records they are about, and the company's own object if it keeps
-- them in one. A link is two columns: which object it leads to, and the record's id there.
with objects as (
    {{ neocrm_meanings(neocrm_whole('xobject'), ['object_id', 'api_key', 'label'], ['api_key']) }}
),

types as (
    {{ neocrm_meanings(
        neocrm_whole('busi_type'), ['id', 'api_key'], ['label'], where="object = 'activityRecord'"
    ) }}
),

deals as (
    select * from {{ ref('stg_neocrm__opportunities') }}
),

accounts as (
    select * from {{ ref('stg_neocrm__accounts') }}
),

people as (
    select * from {{ ref('stg_neocrm__contacts') }}
),

-- Where the tenant does not list its objects, the record that has the id tells which one is meant.
targeted as (
    select
        linked.*,
        coalesce(types.label, linked.activity_type) as type_label,
        case
            when linked.custom_opportunity_id is not null then linked.custom_opportunity_id
            when objects.api_key = 'opportunity' then linked.target_id
            when objects.api_key is null and accounts.account_id is null then deals.opportunity_id
        end as opportunity_id,
        case
            when objects.api_key = 'account' then linked.target_id
            when objects.api_key is null and deals.opportunity_id is null then accounts.account_id
        end as account_id,
        case when objects.api_key = 'contact' then linked.target_id else linked.contact_id end as person_id
    from {{ ref('stg_neocrm__follow_ups') }} as linked
    left join objects on linked.source = objects.source and linked.target_object = objects.written
    left join types on linked.source = types.source and linked.activity_type = types.written
    left join deals on linked.source = deals.source and linked.target_id = deals.opportunity_id
    left join accounts on linked.source = accounts.source and linked.target_id = accounts.account_id
),

united as (
    select
        targeted.activity_id,
        targeted.opportunity_id,
        coalesce(
            targeted.custom_account_id, targeted.account_id, deals.account_id, people.account_id
        ) as account_id,
        targeted.owner_id,
        targeted.type_label as activity_type,
        targeted.direction,
        targeted.occurred_at,
        targeted.source,
        targeted._loaded_at
    from targeted
    left join deals on targeted.source = deals.source and targeted.opportunity_id = deals.opportunity_id
    left join people on targeted.source = people.source and targeted.person_id = people.contact_id
    where targeted.occurred_at is not null
    union all
    select
        id as activity_id,
        opportunity_id,
        account_id,
        owner_id,
        activity_type,
        direction,
        occurred_at,
        source,
        _loaded_at
    from ({{ neocrm_current('custom_activities', 'custom_activities') }}) as own_records
),

renamed as (
    select
        ---------- ids
        activity_id,
        opportunity_id,
        account_id,
        owner_id,
        ---------- text
        activity_type,
        case
            when lower(direction) in ('inbound', '呼入', '客户主动', '来访', '来电') then 'inbound'
            when lower(direction) in ('outbound', '呼出', '主动联系', '拜访', '去电') then 'outbound'
        end as direction,
        ---------- moments
        occurred_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from united
)

select * from renamed
