-- One row per customer that was contacted by the as-of day: when last, and how often of late.
select
    account_id,
    max(occurred_on) as last_contact_on,
    cast(count_if(occurred_on > {{ add_days(as_of_date(), -30) }}) as bigint) as contacts_30d,
    cast(
        count_if(occurred_on > {{ add_days(as_of_date(), -30) }} and direction = 'inbound') as bigint
    ) as inbound_30d
from {{ ref('int_activities__united') }}
where account_id is not null
group by account_id
