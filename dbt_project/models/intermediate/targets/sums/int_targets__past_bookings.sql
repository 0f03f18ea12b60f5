-- What each person, each product line and the company booked in the twelve months that ended a quarter
-- before the period's quarter began: known on every day on which the period is judged. It weighs the parts
-- of a summed target.
with periods as (
    select distinct
        spine.period_type,
        spine.period_start,
        days.fiscal_quarter_start as quarter_start
    from {{ ref('int_targets__spine') }} as spine
    inner join {{ ref('int_calendar__days') }} as days on spine.period_start = days.date_day
),

-- The months of a quarter, the quarter and a year that begins with it look back on the same days.
quarters as (
    select distinct
        quarter_start,
        {{ add_months('quarter_start', -15) }} as learned_from,
        {{ add_months('quarter_start', -3) }} as learned_to
    from periods
),

daily as (
    select
        metric,
        scope_type,
        scope_id,
        credited_on,
        sum(amount) as amount
    from {{ ref('int_targets__credits') }}
    where scope_type in ('rep', 'product_line', 'company') and voided_on is null
    group by metric, scope_type, scope_id, credited_on
),

booked as (
    select
        quarters.quarter_start,
        daily.metric,
        daily.scope_type,
        daily.scope_id,
        sum(daily.amount) as amount
    from quarters
    inner join daily
        on quarters.learned_from <= daily.credited_on and quarters.learned_to > daily.credited_on
    group by quarters.quarter_start, daily.metric, daily.scope_type, daily.scope_id
    having sum(daily.amount) > 0
)

select
    periods.period_type,
    periods.period_start,
    booked.metric,
    booked.scope_type,
    booked.scope_id,
    booked.amount
from periods
inner join booked on periods.quarter_start = booked.quarter_start
