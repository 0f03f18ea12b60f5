with activities as (
    {{ kingdee_current('activity') }}
),

deals as (
    {{ kingdee_current('opportunity') }}
),

salesmen as (
    select * from {{ ref('stg_kingdee__salesmen') }}
),

renamed as (
    select
        ---------- ids
        activities.id as activity_id,
        activities.opportunity_id,
        coalesce(activities.customer_number, deals.customer_number) as account_id,
        {{ kingdee_person('activities.owner_number') }} as owner_id,
        ---------- text
        activities.type as activity_type,
        case
            when lower(activities.direction) in ('inbound', '呼入', '客户主动', '来访', '来电') then 'inbound'
            when lower(activities.direction) in ('outbound', '呼出', '主动联系', '拜访', '去电') then 'outbound'
        end as direction,
        ---------- moments
        activities.started_at as occurred_at,
        ---------- bookkeeping
        activities.source,
        activities._loaded_at
    from activities
    left join deals on activities.source = deals.source and activities.opportunity_id = deals.id
    left join salesmen
        on activities.source = salesmen.source and activities.owner_number = salesmen.salesman_number
)

select * from renamed
