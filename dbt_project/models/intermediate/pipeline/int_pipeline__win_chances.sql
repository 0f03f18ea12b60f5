-- What part of the deals open in a stage for that long was won within so many weeks, as known by the start
-- of a month. Deals are followed until they close or the month begins: cumulative incidence of wins beside
-- losses (Aalen and Johansen 1978), by weekly hazards that lean on those of all stages after that wait with
-- the weight of 10 deals. Deals that waited long are often dead; a share of wins by stage counts them all.
{%- set weeks_followed = 54 %}
{%- set borrowed_deals = 10 %}
with months as (
    select distinct days.fiscal_month_start as learned_on
    from {{ ref('int_calendar__days') }} as days
    inner join {{ ref('int_targets__spine') }} as spine
        on days.date_day = spine.as_of
    where spine.is_reported
),

-- Week in which a deal was won or lost, or the last whole week through which it was seen open.
followed as (
    select
        months.learned_on,
        endings.waiting_stage,
        endings.wait_band,
        endings.outcome,
        endings.deals,
        endings.closed_on < months.learned_on as is_closed,
        case
            when endings.closed_on < months.learned_on
                then ceil({{ days_between('endings.snapshot_on', 'endings.closed_on') }} / 7.0)
            else floor(({{ days_between('endings.snapshot_on', 'months.learned_on') }} - 1) / 7.0)
        end as seen_weeks
    from months
    inner join {{ ref('int_pipeline__endings') }} as endings on months.learned_on > endings.snapshot_on
),

counted as (
    select
        learned_on,
        waiting_stage,
        wait_band,
        cast(least(seen_weeks, {{ weeks_followed + 1 }}) as integer) as week,
        sum(case when is_closed and outcome = 'won' then deals else 0 end) as won,
        sum(case when is_closed then deals else 0 end) as closed,
        sum(deals) as deals
    from followed
    group by learned_on, waiting_stage, wait_band, week
),

cells as (
    select distinct
        learned_on,
        waiting_stage,
        wait_band
    from counted
),

weeks as (
    {%- for week in range(1, weeks_followed + 2) %}
    select {{ week }} as week
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

at_risk as (
    select
        cells.learned_on,
        cells.waiting_stage,
        cells.wait_band,
        weeks.week,
        coalesce(counted.won, 0) as won,
        coalesce(counted.closed, 0) as closed,
        sum(coalesce(counted.deals, 0)) over (
            partition by cells.learned_on, cells.waiting_stage, cells.wait_band
            order by weeks.week
            rows between current row and unbounded following
        ) as deals
    from cells
    cross join weeks
    left join counted
        on
            cells.learned_on = counted.learned_on
            and cells.waiting_stage = counted.waiting_stage
            and cells.wait_band = counted.wait_band
            and weeks.week = counted.week
),

hazards as (
    select
        learned_on,
        waiting_stage,
        wait_band,
        week,
        {%- for ending in ['won', 'closed'] %}
        ({{ ending }} + {{ borrowed_deals }} * coalesce({{ safe_divide(
            'sum(' ~ ending ~ ') over all_stages', 'sum(deals) over all_stages'
        ) }}, 0)) / (deals + {{ borrowed_deals }}) as {{ ending }}_hazard{% if not loop.last %},{% endif %}
        {%- endfor %}
    from at_risk
    where week <= {{ weeks_followed }}
    window all_stages as (partition by learned_on, wait_band, week)
),

still_open as (
    select
        *,
        -- Never quite 0, whose logarithm is not a number.
        coalesce(exp(sum(ln(greatest(1 - closed_hazard, 1e-9))) over (
            partition by learned_on, waiting_stage, wait_band
            order by week
            rows between unbounded preceding and 1 preceding
        )), 1.0) as open_share
    from hazards
)

select
    learned_on,
    waiting_stage,
    wait_band,
    week,
    -won_hazard * open_share + sum(won_hazard * open_share) over up_to_now as chance_before,
    sum(won_hazard * open_share) over up_to_now as chance
from still_open
window up_to_now as (partition by learned_on, waiting_stage, wait_band order by week)
