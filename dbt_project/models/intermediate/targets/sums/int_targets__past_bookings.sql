-- What each person, each product line and the company booked in the twelve months that ended a quarter
-- before the period's quarter began: known on every day on which the period is judged. It weighs the parts
-- of a summed target.
with periods as (
    select distinct
        spine.period_type,
        spine.period_start,
        {{ add_months('days.fiscal_quarter_start', -15) }} as learned_from,
        {{ add_months('days.fiscal_quarter_start', -3) }} as learned_to
    from {{ ref('int_targets__spine') }} as spine
    inner join {{ ref('int_calendar__days') }} as days on spine.period_start = days.date_day
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
)

select
    periods.period_type,
    periods.period_start,
    daily.metric,
    daily.scope_type,
    daily.scope_id,
    sum(daily.amount) as amount
from periods
inner join daily
    on periods.learned_from <= daily.credited_on and periods.learned_to > daily.credited_on
group by periods.period_type, periods.period_start, daily.metric, daily.scope_type, daily.scope_id
having sum(daily.amount) > 0
