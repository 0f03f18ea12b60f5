-- Approved orders: one that was taken back for a change (document_status D) binds nobody until it is
-- approved again. A row is owed no more when all of it is out or somebody has closed the row; an order
-- that owes nothing was delivered when it was closed.
with approved as (
    select * from ({{ kingdee_current('sale_order') }}) as orders
    where document_status = 'C'
),

entries as (
    {{ kingdee_entries('sale_order_entry') }}
),

materials as (
    {{ newest_of(
        source('raw', 'kingdee__material'), 'source, number', '_loaded_at desc, length(id), id'
    ) }}
),

of_orders as (
    select
        source,
        parent_id as order_id,
        max(promised_at) as promised_at,
        min(case when out_quantity >= quantity or row_close_status = 'B' then 1 else 0 end) = 1
            as owes_nothing,
        min(case when out_quantity >= quantity then 1 else 0 end) = 1 as is_all_out,
        max(out_quantity) > 0 as is_begun
    from entries
    group by source, parent_id
),

-- The group of materials that brings an order the most.
groups_of_orders as (
    {{ leading_group(
        'entries', 'materials', 'material_number', 'number', 'parent_id', 'group_name', 'amount'
    ) }}
),

salesmen as (
    select * from {{ ref('stg_kingdee__salesmen') }}
),

renamed as (
    select
        ---------- ids
        approved.id as order_id,
        approved.opportunity_id,
        approved.customer_number as account_id,
        {{ kingdee_person('approved.salesman_number') }} as owner_id,
        ---------- text
        coalesce(approved.product_line, groups_of_orders.group_name) as product_line,
        case
            when approved.cancel_status = 'B' then '已取消'
            when of_orders.is_all_out then '已完成'
            when approved.close_status = 'B' then '已关闭'
            when of_orders.is_begun then '部分交付'
            else '执行中'
        end as status,
        ---------- money
        cast(approved.amount as decimal(18, 2)) as amount,
        upper(approved.currency) as currency,
        ---------- moments
        approved.ordered_at,
        of_orders.promised_at,
        coalesce(
            approved.delivered_at, case when of_orders.owes_nothing then approved.closed_at end
        ) as delivered_at,
        ---------- bookkeeping
        approved.source,
        approved._loaded_at
    from approved
    left join of_orders on approved.source = of_orders.source and approved.id = of_orders.order_id
    left join groups_of_orders
        on approved.source = groups_of_orders.source and approved.id = groups_of_orders.parent_id
    left join salesmen
        on approved.source = salesmen.source and approved.salesman_number = salesmen.salesman_number
)

select * from renamed
