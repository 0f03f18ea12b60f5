-- Days on which a customer was heard from: it answered (an inbound activity) or bought (an order, or a won
-- opportunity where revenue counts by these). voided_on: the day on which the win was taken back.
select distinct
    account_id,
    occurred_on as heard_on,
    cast(null as date) as voided_on
from {{ ref('int_activities__united') }}
where account_id is not null and direction = 'inbound'
union
select
    account_id,
    credited_on as heard_on,
    voided_on
from {{ ref('int_targets__credit_events') }}
where account_id is not null and metric = 'orders'
