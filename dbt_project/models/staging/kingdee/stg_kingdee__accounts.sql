with customers as (
    {{ kingdee_current('customer') }}
),

numbered as (
    {{ kingdee_by_number('customers') }}
),

salesmen as (
    select * from {{ ref('stg_kingdee__salesmen') }}
),

renamed as (
    select
        ---------- ids
        numbered.number as account_id,
        {{ kingdee_person('numbered.seller_number') }} as owner_id,
        ---------- text
        numbered.name as account_name,
        numbered.industry,
        numbered.region,
        numbered.credit_code,
        coalesce(numbered.state, case when numbered.forbid_status = 'B' then '禁用' end) as status,
        ---------- moments
        numbered.created_at,
        ---------- bookkeeping
        numbered.source,
        numbered._loaded_at
    from numbered
    left join salesmen
        on numbered.source = salesmen.source and numbered.seller_number = salesmen.salesman_number
)

select * from renamed
