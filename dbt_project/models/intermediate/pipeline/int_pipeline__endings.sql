-- How open deals ended: the deals open at the end of a week, counted by stage and wait
-- (int_metrics__open_deals), and by day and outcome of their next close (9999-12-31 and open while none is
-- known tonight). Readers must not look at a close that lies after their own day.
with followed as (
    select
        deals.snapshot_on,
        deals.waiting_stage,
        deals.wait_band,
        closes.entered_on as closed_on,
        closes.outcome,
        row_number() over (
            partition by deals.snapshot_on, deals.opportunity_id
            order by closes.entered_on asc, closes.event_number desc
        ) as close_number
    from {{ ref('int_metrics__open_deals') }} as deals
    inner join {{ ref('int_calendar__days') }} as weeks
        on deals.snapshot_on = weeks.week_end and weeks.week_end = weeks.date_day
    left join {{ ref('int_opportunities__events') }} as closes
        on
            deals.opportunity_id = closes.opportunity_id
            and deals.snapshot_on < closes.entered_on
            and closes.is_close
)

select
    snapshot_on,
    waiting_stage,
    wait_band,
    coalesce(closed_on, cast('9999-12-31' as date)) as closed_on,
    coalesce(outcome, 'open') as outcome,
    count(*) as deals
from followed
where close_number = 1
group by snapshot_on, waiting_stage, wait_band, closed_on, outcome
