-- Per snapshot day and customer with an order by then: where it stood in its order rhythm, as known then.
with ordered as (
    select
        days.snapshot_on,
        rhythm.account_id,
        rhythm.order_days,
        rhythm.own_rhythm_days,
        rhythm.p90_gap_days,
        accounts.industry,
        {{ days_between('rhythm.ordered_on', 'days.snapshot_on') }} as since_days
    from {{ ref('int_metrics__snapshot_days') }} as days
    inner join {{ ref('int_metrics__order_rhythm') }} as rhythm
        on
            days.snapshot_on >= rhythm.ordered_on
            and (rhythm.next_order_on is null or days.snapshot_on < rhythm.next_order_on)
            -- Bought and sent back whole: no customer.
            and (rhythm.returned_on is null or days.snapshot_on < rhythm.returned_on)
    left join {{ ref('int_accounts__united') }} as accounts
        on rhythm.account_id = accounts.account_id
),

industries as (
    select
        snapshot_on,
        industry,
        percentile_cont(0.5) within group (order by own_rhythm_days) as rhythm_days
    from ordered
    where industry is not null and own_rhythm_days is not null
    group by snapshot_on, industry
),

everyone as (
    select
        snapshot_on,
        percentile_cont(0.5) within group (order by own_rhythm_days) as rhythm_days
    from ordered
    where own_rhythm_days is not null
    group by snapshot_on
),

judged as (
    select
        ordered.snapshot_on,
        ordered.account_id,
        ordered.order_days,
        ordered.since_days,
        ordered.p90_gap_days,
        coalesce(
            ordered.own_rhythm_days, industries.rhythm_days, everyone.rhythm_days,
            cast({{ var('default_rhythm_days') }} as double)
        ) as rhythm_days
    from ordered
    left join industries
        on
            ordered.snapshot_on = industries.snapshot_on
            and ordered.industry = industries.industry
    left join everyone
        on ordered.snapshot_on = everyone.snapshot_on
)

select
    snapshot_on,
    account_id,
    order_days,
    {{ churn_state('since_days', 'rhythm_days', 'p90_gap_days', 'order_days') }} as churn_state
from judged
