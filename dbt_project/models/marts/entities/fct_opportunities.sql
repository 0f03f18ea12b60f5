-- One row per opportunity, in its state of the as-of day.
with state as (
    select * from {{ ref('int_opportunities__state') }}
),

aged as (
    select
        state.*,
        touches.last_touch_on,
        benchmarks.stalled_limit_days,
        {{ days_between('state.created_on', 'coalesce(state.closed_on, ' ~ as_of_date() ~ ')') }} as age_days,
        case
            when state.outcome = 'open'
                then {{ days_between('state.stage_entered_on', as_of_date()) }}
        end as days_in_stage,
        case
            -- Who touched a deal before activities were recorded at all, nobody knows: it counts from their
            -- first day, once that is longer ago than the limit.
            when
                state.outcome = 'open'
                and capture.captured_from is not null
                and (
                    touches.last_touch_on >= capture.captured_from
                    or {{ workdays_between('touched', 'today') }} > {{ var('idle_limit_workdays') }}
                )
                then {{ workdays_between('touched', 'today') }}
        end as idle_workdays
    from state
    cross join (select min(occurred_on) as captured_from from {{ ref('int_activities__united') }}) as capture
    left join {{ ref('int_opportunities__touches') }} as touches
        on state.opportunity_id = touches.opportunity_id
    left join {{ ref('int_stages__benchmarks') }} as benchmarks on state.stage = benchmarks.stage
    left join {{ ref('int_calendar__days') }} as touched
        on
            case
                when capture.captured_from > touches.last_touch_on then capture.captured_from
                else touches.last_touch_on
            end = touched.date_day
    left join {{ ref('int_calendar__days') }} as today on today.date_day = {{ as_of_date() }}
)

select
    opportunity_id,
    source,
    opportunity_name,
    account_id,
    owner_id,
    team_id,
    region,
    product_line,
    stage,
    stage_order,
    outcome,
    amount,
    original_amount,
    currency,
    created_on,
    expected_close_on,
    closed_on,
    closed_origin,
    stage_entered_on,
    age_days,
    days_in_stage,
    last_touch_on,
    idle_workdays,
    push_count,
    was_reopened,
    case
        when outcome != 'open' then false
        else
            coalesce(days_in_stage > stalled_limit_days, false)
            or coalesce(idle_workdays > {{ var('idle_limit_workdays') }}, false)
    end as is_stalled,
    case
        when outcome = 'open' then coalesce(expected_close_on < {{ as_of_date() }}, false)
        else false
    end as is_overdue,
    lost_reason
from aged
