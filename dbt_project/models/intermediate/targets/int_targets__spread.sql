-- How lumpy a scope's business is, for the width of the projection: the sum of squared deal sizes of
-- an average period of that length, from the deals of the 12 months before the period.
-- deal_weight = sum of squares / sum of sizes: the size of the deal that an average yuan comes in.
with monthly as (
    select
        credits.metric,
        credits.scope_type,
        credits.scope_id,
        credits.voided_on,
        days.fiscal_month_start as month_start,
        sum(credits.amount) as amount,
        sum(credits.squares) as squares,
        sum(credits.deals) as deals
    from {{ ref('int_targets__credits') }} as credits
    inner join {{ ref('int_calendar__days') }} as days on credits.credited_on = days.date_day
    group by
        credits.metric, credits.scope_type, credits.scope_id, credits.voided_on, days.fiscal_month_start
),

periods as (
    select distinct
        period_type,
        period_start,
        -- Twelve months by weeks may be some days longer than a year; no other month begins in these days.
        {{ add_days(add_months('period_start', -12), -10) }} as learned_from,
        data_start,
        case period_type when 'month' then 1 when 'quarter' then 3 else 12 end as months_long
    from {{ ref('int_targets__spine') }}
    where is_reported
),

windows as (
    select
        periods.period_type,
        periods.period_start,
        periods.months_long,
        monthly.metric,
        monthly.scope_type,
        monthly.scope_id,
        sum(monthly.amount) as amount,
        cast(sum(monthly.squares) as double) as squares,
        sum(monthly.deals) as deals,
        least(
            12.0,
            greatest(
                1.0,
                {{ days_between('max(periods.data_start)', 'periods.period_start') }}
                / cast(30.4375 as double)
            )
        ) as months_learned
    from periods
    inner join monthly
        on
            periods.learned_from <= monthly.month_start
            and periods.period_start > monthly.month_start
            and (monthly.voided_on is null or periods.period_start <= monthly.voided_on)
    group by
        periods.period_type, periods.period_start, periods.months_long,
        monthly.metric, monthly.scope_type, monthly.scope_id
)

select
    period_type,
    period_start,
    metric,
    scope_type,
    scope_id,
    cast(deals as bigint) as past_deals,
    squares * months_long / months_learned as period_squares,
    -- More sent back than bought says nothing about the size of deals.
    case when amount > 0 then {{ safe_divide('squares', 'amount') }} end as deal_weight,
    cast(amount as double) * months_long / months_learned as period_amount
from windows
