-- Key accounts that were heard from in the period (an answer or an order) / key accounts. Who is one was
-- known before the month began in which the period begins.
with heard as (
    select distinct
        days.grain,
        days.period_start,
        heard.account_id
    from {{ ref('int_accounts__heard') }} as heard
    inner join {{ ref('int_metrics__period_days') }} as days
        on heard.heard_on = days.date_day
    where
        days.subject = 'activities'
        and (heard.voided_on is null or heard.voided_on > days.closed_on)
),

events as (
    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        accounts.account_id as record_id,
        accounts.owner_id,
        accounts.team_id,
        accounts.region,
        case when heard.account_id is not null then 1 else 0 end as is_heard
    from {{ ref('int_metrics__periods') }} as periods
    inner join {{ ref('int_calendar__days') }} as days
        on periods.period_start = days.date_day
    inner join {{ ref('int_accounts__yearly_revenue') }} as accounts
        on days.fiscal_month_start = accounts.learned_on
    left join heard
        on
            periods.grain = heard.grain
            and periods.period_start = heard.period_start
            and accounts.account_id = heard.account_id
    where periods.subject = 'activities' and accounts.is_key
),

{{ period_share_rows(
    'events', 'key_account_engagement', 'activities', 'is_heard', product_line=none
) }}
