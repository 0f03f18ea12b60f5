-- Per snapshot day and customer that had ordered or had an open deal by then: its churn state, whether it
-- was silent (nobody in contact with it, and no order, for longer than the limit), and whose it was.
with contacts as (
    select
        account_id,
        occurred_on as contact_on,
        coalesce(
            lead(occurred_on) over (partition by account_id order by occurred_on), cast('9999-12-31' as date)
        ) as next_contact_on
    from (
        select
            account_id,
            occurred_on
        from {{ ref('int_activities__united') }}
        where account_id is not null
        union
        select
            account_id,
            heard_on as occurred_on
        from {{ ref('int_accounts__heard') }}
    ) as contact_days
),

capture as (
    select min(occurred_on) as captured_from from {{ ref('int_activities__united') }}
),

open_deals as (
    select distinct
        snapshot_on,
        account_id
    from {{ ref('int_metrics__open_deals') }}
    where account_id is not null
),

known as (
    select
        coalesce(states.snapshot_on, open_deals.snapshot_on) as snapshot_on,
        coalesce(states.account_id, open_deals.account_id) as account_id,
        coalesce(states.churn_state, 'none') as churn_state,
        states.order_days,
        open_deals.account_id is not null as has_open_deal
    from {{ ref('int_metrics__churn_states') }} as states
    full outer join open_deals
        on
            states.snapshot_on = open_deals.snapshot_on
            and states.account_id = open_deals.account_id
)

select
    known.snapshot_on,
    known.account_id,
    accounts.owner_id,
    stays.team_id,
    stays.region,
    known.churn_state,
    known.order_days,
    known.churn_state in ('active', 'at_risk', 'new') or known.has_open_deal as is_served,
    -- Activities are recorded for less than that long: silence cannot be told.
    case
        when {{ days_between('capture.captured_from', 'known.snapshot_on') }} >= {{ var('silence_days') }}
            then
                (known.churn_state in ('active', 'at_risk', 'new') or known.has_open_deal)
                and coalesce(
                    {{ days_between('contacts.contact_on', 'known.snapshot_on') }}
                    > {{ var('silence_days') }},
                    true
                )
    end as is_silent
from known
cross join capture
left join {{ ref('int_accounts__united') }} as accounts
    on known.account_id = accounts.account_id
left join {{ ref('int_reps__history') }} as stays
    on
        accounts.owner_id = stays.rep_id
        and known.snapshot_on between stays.covers_from and stays.covers_to
left join contacts
    on
        known.account_id = contacts.account_id
        and known.snapshot_on >= contacts.contact_on
        and known.snapshot_on < contacts.next_contact_on
