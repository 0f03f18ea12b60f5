-- Booked amounts per judged day, period, scope and metric: up to the day, and up to two and four
-- weeks before it (for the burn). final_amount is the whole period as it was known at its end, or is known
-- tonight: only later periods may look at it. Millions of rows are summed: by two numbers, not by six texts.
with scopes as (
    select
        scope_type,
        scope_id,
        metric,
        row_number() over (order by scope_type, scope_id, metric) as scope_number
    from {{ ref('int_targets__credits') }}
    group by scope_type, scope_id, metric
),

spine as (
    select
        *,
        row_number() over (order by as_of, period_type, period_start) as spine_number
    from {{ ref('int_targets__spine') }}
    where is_reported
),

credits as (
    select
        credits.credited_on,
        credits.voided_on,
        credits.amount,
        credits.deals,
        credits.unknown_deals,
        scopes.scope_number,
        day_periods.period_type,
        day_periods.period_start
    from {{ ref('int_targets__credits') }} as credits
    inner join scopes
        on
            credits.scope_type = scopes.scope_type
            and credits.scope_id = scopes.scope_id
            and credits.metric = scopes.metric
    inner join {{ ref('int_calendar__day_periods') }} as day_periods
        on credits.credited_on = day_periods.date_day
    where day_periods.period_type in ('month', 'quarter', 'year')
),

summed as (
    select
        spine.spine_number,
        credits.scope_number,
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
    group by spine.spine_number, credits.scope_number
)

select
    spine.as_of,
    spine.period_type,
    spine.period_start,
    scopes.scope_type,
    scopes.scope_id,
    scopes.metric,
    summed.actual_amount,
    summed.actual_amount_2w,
    summed.actual_amount_4w,
    summed.deals,
    summed.is_unknown,
    summed.final_amount
from summed
inner join spine on summed.spine_number = spine.spine_number
inner join scopes on summed.scope_number = scopes.scope_number
