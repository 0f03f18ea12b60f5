with current_rows as (
    {{ jiandaoyun_current('activities', 'activity_id') }}
),

{{ jiandaoyun_accounts() }},

{{ jiandaoyun_deals() }},

renamed as (
    select
        ---------- ids
        current_rows.activity_id,
        coalesce(
            deals.opportunity_id, deal_names.opportunity_id, current_rows.opportunity_id
        ) as opportunity_id,
        coalesce(
            accounts.account_id, account_names.account_id, current_rows.account_id
        ) as account_id,
        current_rows.owner_id,
        ---------- text
        current_rows.activity_type,
        case
            when lower(current_rows.direction) in ('inbound', '呼入', '客户主动', '来访', '来电') then 'inbound'
            when lower(current_rows.direction) in ('outbound', '呼出', '主动联系', '拜访', '去电') then 'outbound'
        end as direction,
        ---------- moments
        current_rows.occurred_at,
        ---------- bookkeeping
        current_rows.source,
        current_rows._loaded_at
    from current_rows
    left join accounts
        on
            current_rows.source = accounts.source and current_rows.account_id = accounts.account_id
    left join account_names
        on
            current_rows.source = account_names.source
            and current_rows.account_name = account_names.account_name
    left join deals
        on
            current_rows.source = deals.source
            and current_rows.opportunity_id = deals.opportunity_id
    left join deal_names
        on
            current_rows.source = deal_names.source
            and current_rows.opportunity_name = deal_names.opportunity_name
)

select * from renamed
