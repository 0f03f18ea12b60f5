{#- What several metrics count alike. Add here: events or wholes that two metrics share. Keep out: how events
    become rows per grain, period and scope (metrics.sql). -#}

{#- CTEs `single` and `events`: follow-ups, credited to the owner and to the team that he was in on the day.
    `only` leaves out those for which it is not true. -#}
{% macro activity_events(numerator, denominator, only=none) -%}
single as (
    select
        activities.occurred_on as event_on,
        activities.activity_id as record_id,
        activities.owner_id,
        stays.team_id,
        stays.region,
        '' as dimension,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator,
        1 as cases
    from {{ ref('int_activities__united') }} as activities
    left join {{ ref('int_reps__history') }} as stays
        on
            activities.owner_id = stays.rep_id
            and activities.occurred_on between stays.covers_from and stays.covers_to
    {%- if only %}
    where {{ only }}
    {%- endif %}
),

-- Summed first: an activity counts for four scopes.
events as (
    select
        event_on,
        owner_id,
        team_id,
        region,
        dimension,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(cases) as cases
    from single
    group by event_on, owner_id, team_id, region, dimension
)
{%- endmacro %}

{#- A metric model: what the open deals due in the current quarter make (`made`, of due.amount) / what was still
    to be booked for the quarter's revenue target. -#}
{% macro of_the_quarters_gap(metric, made) -%}
with due as (
    {{ scope_rows(ref('int_metrics__open_deals'), ['snapshot_on', 'expected_close_on', 'amount']) }}
)

select
    '{{ metric }}' as metric,
    'level' as kind,
    'deals' as subject,
    gaps.grain,
    gaps.period_start,
    gaps.period_end,
    gaps.scope_type,
    gaps.scope_id,
    '' as dimension,
    cast(coalesce({{ made }}, 0) as double) as numerator,
    cast(max(gaps.remaining_amount) as double) as denominator,
    {{ safe_divide('coalesce(' ~ made ~ ', 0)', 'max(gaps.remaining_amount)') }} as value,
    count(due.amount) as sample_size
from {{ ref('int_metrics__quarter_gaps') }} as gaps
left join due
    on
        gaps.closed_on = due.snapshot_on
        and gaps.scope_type = due.scope_type
        and gaps.scope_id = due.scope_id
        and due.expected_close_on between gaps.quarter_start and gaps.quarter_end
group by gaps.grain, gaps.period_start, gaps.period_end, gaps.scope_type, gaps.scope_id
{%- endmacro %}
