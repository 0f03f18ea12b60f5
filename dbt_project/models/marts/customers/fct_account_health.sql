-- One row per customer: where it stands in its order rhythm, and when it was last spoken to.
with open_deals as (
    select
        account_id,
        count(*) as open_opportunities
    from {{ ref('int_opportunities__state') }}
    where outcome = 'open'
    group by account_id
),

capture as (
    select
        count(*) > 0 as has_activities,
        -- Silence, and contacts of a month, can be told once activities are recorded for that long.
        coalesce({{ days_between('min(occurred_on)', as_of_date()) }} >= {{ var('silence_days') }}, false)
            as covers_silence
    from {{ ref('int_activities__united') }}
),

heard as (
    select
        account_id,
        max(heard_on) as last_heard_on
    from {{ ref('int_accounts__heard') }}
    where voided_on is null or voided_on > {{ as_of_date() }}
    group by account_id
),

worth as (
    select
        revenue.account_id,
        revenue.revenue_amount,
        revenue.is_key
    from {{ ref('int_accounts__yearly_revenue') }} as revenue
    inner join {{ ref('int_calendar__days') }} as days
        on revenue.learned_on = days.fiscal_month_start
    where days.date_day = {{ as_of_date() }}
),

joined as (
    select
        accounts.account_id,
        accounts.account_name,
        accounts.owner_id,
        accounts.region,
        rhythm.last_order_on,
        rhythm.order_days,
        {{ days_between('rhythm.last_order_on', as_of_date()) }} as order_gap_days,
        rhythm.rhythm_days,
        rhythm.rhythm_source,
        rhythm.p90_gap_days,
        contacts.last_contact_on,
        case when capture.covers_silence then coalesce(contacts.contacts_30d, 0) end as contacts_30d,
        case when capture.covers_silence then coalesce(contacts.inbound_30d, 0) end as inbound_30d,
        coalesce(open_deals.open_opportunities, 0) as open_opportunities,
        heard.last_heard_on,
        greatest(contacts.last_contact_on, heard.last_heard_on) as last_sign_on,
        coalesce(worth.revenue_amount, 0) as revenue_12m,
        coalesce(worth.is_key, false) as is_key_account,
        capture.has_activities,
        capture.covers_silence
    from {{ ref('dim_account') }} as accounts
    cross join capture
    left join {{ ref('int_accounts__rhythm') }} as rhythm on accounts.account_id = rhythm.account_id
    left join {{ ref('int_accounts__contacts') }} as contacts
        on accounts.account_id = contacts.account_id
    left join open_deals on accounts.account_id = open_deals.account_id
    left join heard on accounts.account_id = heard.account_id
    left join worth on accounts.account_id = worth.account_id
),

judged as (
    select
        joined.*,
        {{ churn_state('order_gap_days', 'rhythm_days', 'p90_gap_days', 'order_days') }} as churn_state
    from joined
)

select
    judged.account_id,
    judged.account_name,
    judged.owner_id,
    reps.team_id,
    judged.region,
    judged.last_order_on,
    coalesce(judged.order_days, 0) as order_days,
    judged.order_gap_days,
    judged.rhythm_days as own_rhythm_days,
    judged.rhythm_source,
    judged.churn_state,
    judged.open_opportunities,
    judged.last_contact_on,
    judged.contacts_30d,
    judged.inbound_30d,
    judged.last_heard_on,
    cast(judged.revenue_12m as decimal(18, 2)) as revenue_12m,
    judged.is_key_account,
    case
        when
            judged.has_activities
            and {{ days_between('judged.last_sign_on', as_of_date()) }} <= {{ var('silence_days') }}
            then false
        when judged.covers_silence
            then judged.churn_state in ('active', 'at_risk', 'new') or judged.open_opportunities > 0
    end as silent
from judged
left join {{ ref('int_reps__history') }} as reps
    on
        judged.owner_id = reps.rep_id
        and {{ as_of_date() }} between reps.covers_from and reps.covers_to
