-- How open deals ended: the deals open on a Sunday, counted by stage and wait (int_metrics__open_deals), and the day and
-- outcome of their next close (9999-12-31 and open while none is known tonight). Readers must not look at a close that
-- lies after their own day.
with closes as (
    select
        opportunity_id,
        entered_on as closed_on,
        outcome,
        row_number() over (partition by opportunity_id, entered_on order by event_number desc) as newest
    from {{ ref('int_opportunities__events') }}
    where outcome != 'open'
),

next_closes as (
    select
        deals.snapshot_on,
        deals.opportunity_id,
        min(closes.closed_on) as closed_on
    from {{ ref('int_metrics__open_deals') }} as deals
    inner join closes
        on
            deals.opportunity_id = closes.opportunity_id
            and deals.snapshot_on < closes.closed_on
    group by deals.snapshot_on, deals.opportunity_id
)

select
    deals.snapshot_on,
    deals.waiting_stage,
    {{ wait_band('deals.waiting_days') }} as wait_band,
    coalesce(next_closes.closed_on, cast('9999-12-31' as date)) as closed_on,
    coalesce(closes.outcome, 'open') as outcome,
    count(*) as deals
from {{ ref('int_metrics__open_deals') }} as deals
inner join {{ ref('int_calendar__days') }} as sundays
    on
        deals.snapshot_on = sundays.date_day
        and deals.snapshot_on = sundays.week_end
left join next_closes
    on
        deals.snapshot_on = next_closes.snapshot_on
        and deals.opportunity_id = next_closes.opportunity_id
left join closes
    on
        next_closes.opportunity_id = closes.opportunity_id
        and next_closes.closed_on = closes.closed_on
        and closes.newest = 1
group by deals.snapshot_on, deals.waiting_stage, wait_band, next_closes.closed_on, closes.outcome
