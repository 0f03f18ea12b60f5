-- A failing row is an id that two sources give.
select
    'opportunity' as kind,
    opportunity_id as record_id,
    count(distinct source) as sources
from ({{ union_staging('opportunities') }}) as deals
group by opportunity_id
having count(distinct source) > 1
union all
select
    'order' as kind,
    order_id as record_id,
    count(distinct source) as sources
from ({{ union_staging('orders') }}) as orders
group by order_id
having count(distinct source) > 1
