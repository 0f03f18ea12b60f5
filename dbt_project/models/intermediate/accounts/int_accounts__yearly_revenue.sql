-- Per month and customer with revenue in the 12 months before it, as known on the evening before the month
-- begins: that revenue, the rep who booked most of it and his team, and whether it was a key account: one of
-- the largest customers of its team that together made the first half of the team's revenue (a var).
-- By who booked it, not by who looks after it now: who that was in the past, not every source tells.
with months as (
    select distinct days.fiscal_month_start as learned_on
    from {{ ref('int_calendar__days') }} as days
    cross join {{ ref('int_targets__data_span') }} as span
    where days.date_day between span.data_start and {{ as_of_date() }}
),

booked as (
    select
        months.learned_on,
        credits.account_id,
        credits.owner_id,
        sum(credits.amount) as owner_amount
    from months
    inner join {{ ref('int_targets__credit_events') }} as credits
        on
            months.learned_on > credits.credited_on
            and credits.credited_on >= {{ add_months('months.learned_on', -12) }}
    where
        credits.metric = 'revenue'
        and credits.account_id is not null
        and (credits.voided_on is null or credits.voided_on >= months.learned_on)
    group by months.learned_on, credits.account_id, credits.owner_id
),

bought as (
    select
        *,
        sum(owner_amount) over (partition by learned_on, account_id) as revenue_amount,
        row_number() over (
            partition by learned_on, account_id order by owner_amount desc, owner_id asc
        ) as owner_place
    from booked
),

owned as (
    select
        bought.learned_on,
        bought.account_id,
        bought.owner_id,
        stays.team_id,
        stays.region,
        bought.revenue_amount
    from bought
    left join {{ ref('int_reps__history') }} as stays
        on
            bought.owner_id = stays.rep_id
            and bought.learned_on between stays.covers_from and stays.covers_to
    where bought.owner_place = 1
),

ranked as (
    select
        *,
        sum(revenue_amount) over (partition by learned_on, team_id) as team_amount,
        sum(revenue_amount) over (
            partition by learned_on, team_id
            order by revenue_amount desc, account_id asc
            rows between unbounded preceding and 1 preceding
        ) as larger_amount
    from owned
    where revenue_amount > 0
)

select
    learned_on,
    account_id,
    owner_id,
    team_id,
    region,
    revenue_amount,
    coalesce(larger_amount, 0) < {{ var('key_account_share') }} * team_amount as is_key
from ranked
