-- A failing row is a record whose money could not be converted.
select
    'order' as kind,
    order_id as record_id,
    currency,
    ordered_on as needed_on
from {{ ref('fct_orders') }}
where amount is null and original_amount is not null
union all
select
    'opportunity' as kind,
    opportunity_id as record_id,
    currency,
    created_on as needed_on
from {{ ref('fct_opportunities') }}
where amount is null and original_amount is not null
