-- The failing row is the share of recent orders without a promised day, if above a tenth.
select
    count(*) as orders,
    count_if(promised_on is null) as without_promise
from {{ ref('fct_orders') }}
where not is_cancelled and ordered_on > {{ add_days(as_of_date(), -90) }}
having count_if(promised_on is null) > 0.1 * count(*)
