-- One row per week up to the as-of day and scope, from the scope's first deal on: what came into
-- the open pipeline and what left it, by kind.
with moves as (
    select
        opportunity_id,
        moved_at,
        moved_on,
        owner_id,
        team_id,
        region,
        product_line,
        kind,
        amount
    from {{ ref('int_pipeline__moves') }}
    union all
    select
        opportunity_id,
        moved_at,
        moved_on,
        owner_id,
        team_id,
        region,
        product_line,
        kind,
        amount
    from {{ ref('int_pipeline__pushes') }}
),

scoped as (
    {{ scope_rows('moves', ['opportunity_id', 'moved_at', 'moved_on', 'kind', 'amount']) }}
),

-- A deal that changes hands inside a scope has not moved for that scope.
crossings as (
    select
        *,
        count(*) over (partition by opportunity_id, moved_at, scope_type, scope_id) as sides
    from scoped
    where kind in ('moved_in', 'moved_out')
),

counted as (
    select
        moved_on,
        scope_type,
        scope_id,
        kind,
        amount
    from scoped
    where kind not in ('moved_in', 'moved_out')
    union all
    select
        moved_on,
        scope_type,
        scope_id,
        kind,
        amount
    from crossings
    where sides = 1
),

{%- set kinds = ['created', 'reopened', 'won', 'lost', 'amount_up', 'amount_down', 'moved_in',
                 'moved_out', 'pushed_out', 'pulled_in'] %}

weekly as (
    select
        days.week_start,
        counted.scope_type,
        counted.scope_id,
        {%- for kind in kinds %}
        sum(case when counted.kind = '{{ kind }}' then counted.amount else 0 end) as {{ kind }},
        {%- endfor %}
        count_if(counted.kind = 'created') as created_count
    from counted
    inner join {{ ref('int_calendar__days') }} as days on counted.moved_on = days.date_day
    group by days.week_start, counted.scope_type, counted.scope_id
),

starts as (
    select
        scope_type,
        scope_id,
        min(week_start) as first_week
    from weekly
    group by scope_type, scope_id
)

select
    weeks.date_day as week_start,
    weeks.week_end,
    starts.scope_type,
    starts.scope_id,
    {%- for kind in kinds %}
    cast(coalesce(weekly.{{ kind }}, 0) as decimal(18, 2)) as {{ kind }},
    {%- endfor %}
    cast(coalesce(weekly.created_count, 0) as bigint) as created_count
from starts
inner join {{ ref('int_calendar__days') }} as weeks
    on
        weeks.date_day = weeks.week_start
        and starts.first_week <= weeks.date_day
        and weeks.date_day <= {{ as_of_date() }}
left join weekly
    on
        weeks.date_day = weekly.week_start
        and starts.scope_type = weekly.scope_type
        and starts.scope_id = weekly.scope_id
