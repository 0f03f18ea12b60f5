-- One row per snapshot day and opportunity open at its end: the state as it was known that day.
-- waiting_stage, wait_band: what its chance of being won is judged by: its stage and the time in it; where
-- the source does not tell past stages, any stage and the time since the deal was created. The bands, named
-- by the first of their weeks, are wide where few deals are, so that each holds enough.
{%- set waited = days_between(
    'case when recorded.records_stages then open_then.stage_entered_on else deals.created_on end',
    'open_then.snapshot_on'
) %}
{#- Who touched a deal before activities were recorded at all, nobody knows: a deal left alone since counts
    from their first day, once that is longer ago than the limit. -#}
{%- set idle_is_known %}
        open_then.snapshot_on >= capture.captured_from
        and (
            touches.touched_on >= capture.captured_from
            or {{ workdays_between('touched', 'today') }} > {{ var('idle_limit_workdays') }}
        )
{%- endset %}
with snapshots as (
    select
        snapshot_on,
        cast({{ add_days('snapshot_on', 1) }} as timestamp) as day_end
    from {{ ref('int_metrics__snapshot_days') }}
),

-- How long each open state was known with one expected close: by deal first, so that a day is
-- compared with the states of its deals only.
spans as (
    select
        segments.opportunity_id,
        segments.owner_id,
        segments.team_id,
        segments.region,
        segments.stage,
        segments.amount,
        cast(segments.stage_entered_at as date) as stage_entered_on,
        versions.expected_close_on,
        case
            when segments.segment_from > versions.known_from then segments.segment_from
            else versions.known_from
        end as open_from,
        case
            when segments.segment_to < versions.known_to then segments.segment_to
            else versions.known_to
        end as open_to
    from {{ ref('int_opportunities__segments') }} as segments
    inner join {{ ref('int_opportunities__versions') }} as versions
        on
            segments.opportunity_id = versions.opportunity_id
            and segments.segment_from < versions.known_to
            and coalesce(segments.segment_to, cast('9999-12-31' as timestamp)) > versions.known_from
    where segments.outcome = 'open'
),

open_then as (
    select
        snapshots.snapshot_on,
        spans.*
    from spans
    inner join snapshots
        on
            spans.open_from < snapshots.day_end
            and spans.open_to >= snapshots.day_end
)

select
    open_then.snapshot_on,
    open_then.opportunity_id,
    open_then.owner_id,
    open_then.team_id,
    open_then.region,
    deals.account_id,
    deals.product_line,
    deals.created_on,
    open_then.stage,
    open_then.stage_entered_on,
    coalesce(open_then.amount, 0) as amount,
    open_then.expected_close_on,
    limits.win_share,
    case when recorded.records_stages then open_then.stage else 'any' end as waiting_stage,
    case
        {%- for weeks in [26, 13, 8, 4, 2] %}
        when {{ waited }} >= {{ 7 * weeks }} then {{ weeks }}
        {%- endfor %}
        else 0
    end as wait_band,
    case when {{ idle_is_known }} then {{ workdays_between('touched', 'today') }} end as idle_workdays,
    coalesce(
        {{ days_between('open_then.stage_entered_on', 'open_then.snapshot_on') }} > limits.stalled_limit_days,
        false
    )
    or coalesce(
        {{ idle_is_known }} and {{ workdays_between('touched', 'today') }} > {{ var('idle_limit_workdays') }},
        false
    )
        as is_stalled
from open_then
cross join (select min(occurred_on) as captured_from from {{ ref('int_activities__united') }}) as capture
inner join {{ ref('int_opportunities__united') }} as deals
    on open_then.opportunity_id = deals.opportunity_id
left join {{ ref('int_opportunities__recorded') }} as recorded
    on deals.source = recorded.source
left join {{ ref('int_metrics__touches') }} as touches
    on
        open_then.opportunity_id = touches.opportunity_id
        and open_then.snapshot_on >= touches.touched_on
        and open_then.snapshot_on < touches.next_touch_on
left join {{ ref('int_calendar__days') }} as touched
    on
        case
            when capture.captured_from > touches.touched_on then capture.captured_from
            else touches.touched_on
        end = touched.date_day
left join {{ ref('int_calendar__days') }} as today on open_then.snapshot_on = today.date_day
left join {{ ref('int_metrics__stage_limits') }} as limits
    on
        open_then.snapshot_on = limits.snapshot_on
        and open_then.stage = limits.stage
-- Rows joined by ranges come in another order each time: sums of floats further down would end in
-- other bits.
order by open_then.snapshot_on, open_then.opportunity_id
