-- One row per period, scope and step: the cohort that entered the step in the period, and the one
-- that reached it (entered or skipped), with what became of them by the as-of day.
with progress as (
    select * from {{ ref('int_funnel__progress') }}
),

events as (
    select * from {{ ref('int_opportunities__events') }}
),

-- Both cohorts in one pass: a deal's row as entered, and its row as reached where that was another event.
members as (
    select
        events.entered_on as counted_on,
        events.owner_id,
        events.team_id,
        events.region,
        events.product_line,
        progress.stage,
        1 as entered,
        case when progress.cohort_result = 'advanced' then 1 else 0 end as advanced,
        case when progress.cohort_result = 'lost' then 1 else 0 end as lost,
        case when progress.cohort_result = 'open' then 1 else 0 end as still_open,
        case when progress.went_to_next then 1 else 0 end as went_to_next,
        case when progress.took_every_step then 1 else 0 end as strict_entered,
        case when progress.took_every_step_to_next then 1 else 0 end as strict_advanced,
        case when progress.reached_number = progress.entered_number then 1 else 0 end as reached,
        case
            when progress.reached_number = progress.entered_number and progress.is_passed then 1 else 0
        end as passed
    from progress
    inner join events
        on progress.opportunity_id = events.opportunity_id and progress.entered_number = events.event_number
    union all
    select
        events.entered_on as counted_on,
        events.owner_id,
        events.team_id,
        events.region,
        events.product_line,
        progress.stage,
        0 as entered,
        0 as advanced,
        0 as lost,
        0 as still_open,
        0 as went_to_next,
        0 as strict_entered,
        0 as strict_advanced,
        1 as reached,
        case when progress.is_passed then 1 else 0 end as passed
    from progress
    inner join events
        on progress.opportunity_id = events.opportunity_id and progress.reached_number = events.event_number
    where progress.entered_number is null or progress.reached_number != progress.entered_number
),

{%- set counts = ['entered', 'advanced', 'lost', 'still_open', 'went_to_next', 'strict_entered',
                  'strict_advanced', 'reached', 'passed'] %}

scoped as (
    {{ scope_rows('members', ['counted_on', 'stage'] + counts) }}
)

select
    periods.period_type,
    periods.period_start,
    periods.period_end,
    scoped.scope_type,
    scoped.scope_id,
    {%- for count in counts %}
    cast(sum(scoped.{{ count }}) as bigint) as {{ count }},
    {%- endfor %}
    scoped.stage
from scoped
inner join {{ ref('int_calendar__day_periods') }} as periods
    on scoped.counted_on = periods.date_day
where periods.period_type in ('week', 'month', 'quarter')
group by
    periods.period_type, periods.period_start, periods.period_end,
    scoped.scope_type, scoped.scope_id, scoped.stage
