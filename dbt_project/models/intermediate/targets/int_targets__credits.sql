-- What counts towards targets, per day and scope: revenue, orders and new accounts, credited to
-- the owner, team and region of the day of the event. Each scope type is a whole: never add them.
-- What has a voided_on counts until the day before it (macro still_credited).
-- unknown_deals: those of which nobody knows whether they count (new accounts without a creation date).
-- squares (sum of squared deal sizes) and deals feed the spread of the projection.
with events as (
    select * from {{ ref('int_targets__credit_events') }}
),

scoped as (
    {{ scope_rows('events', ['metric', 'credited_on', 'voided_on', 'amount']) }}
)

select
    metric,
    credited_on,
    voided_on,
    scope_type,
    scope_id,
    sum(amount) as amount,
    {{ exact_sum('cast(amount as double) * cast(amount as double)', 2) }} as squares,
    count(*) as deals,
    sum(case when amount is null then 1 else 0 end) as unknown_deals
from scoped
group by metric, credited_on, voided_on, scope_type, scope_id
