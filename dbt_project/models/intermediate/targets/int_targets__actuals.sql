-- Booked amounts per judged day, period, scope and metric: up to the day, and up to two and four
-- weeks before it (for the burn). final_amount is the whole period as it was known at its end, or is known
-- tonight: only later periods may look at it.
with credits as (
    select
        credits.*,
        day_periods.period_type,
        day_periods.period_start
    from {{ ref('int_targets__credits') }} as credits
    inner join {{ ref('int_calendar__day_periods') }} as day_periods
        on credits.credited_on = day_periods.date_day
    where day_periods.period_type in ('month', 'quarter', 'year')
),

spine as (
    select * from {{ ref('int_targets__spine') }}
    where is_reported
)

select
    spine.as_of,
    spine.period_type,
    spine.period_start,
    credits.scope_type,
    credits.scope_id,
    credits.metric,
    cast(sum(
        case when {{ still_credited('credits', 'spine.as_of') }} then credits.amount else 0 end
    ) as decimal(18, 2)) as actual_amount,
    sum(case
        when {{ still_credited('credits', add_days('spine.as_of', -14)) }} then credits.amount else 0
    end) as actual_amount_2w,
    sum(case
        when {{ still_credited('credits', add_days('spine.as_of', -28)) }} then credits.amount else 0
    end) as actual_amount_4w,
    cast(sum(
        case when {{ still_credited('credits', 'spine.as_of') }} then credits.deals else 0 end
    ) as bigint) as deals,
    sum(
        case when {{ still_credited('credits', 'spine.as_of') }} then credits.unknown_deals else 0 end
    ) > 0 as is_unknown,
    cast(sum(
        case when credits.voided_on <= spine.period_end then 0 else credits.amount end
    ) as decimal(18, 2)) as final_amount
from spine
inner join credits
    on
        spine.period_type = credits.period_type
        and spine.period_start = credits.period_start
group by
    spine.as_of, spine.period_type, spine.period_start,
    credits.scope_type, credits.scope_id, credits.metric
