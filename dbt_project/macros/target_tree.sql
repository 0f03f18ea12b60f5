{#- Sums of targets up the tree of teams: people -> team -> team above -> region -> company.

    Add here: which parts of the tree stand for a whole. Keep out: sums of shorter periods, and what a sum of
    targets is at all (target_sums.sql). -#}

{#- Targets summed up the tree where a scope has none of its own: people -> team -> team above -> region ->
    company; product lines -> company only when nothing else tells the company's. Of the targets told below
    a scope the highest count, and what lies below them does not.

    `own` names a CTE with as_of, period_type, period_start, knowledge_on, scope_type, scope_id, metric,
    target_amount, original_amount, target_origin, target_missing; `partly` one with the same columns, of
    scopes of which parts of the period are told and no target is (none: there are no parts). Yields CTEs, the
    last one `in_force`; a scope whose parts do not cover it has target_amount null and target_missing. -#}
{% macro target_tree(own, partly=none) -%}
asked as (
    select distinct
        as_of,
        period_type,
        period_start,
        knowledge_on,
        metric
    from {{ own }}
),

people as (
    select
        reps.as_of,
        reps.period_type,
        reps.period_start,
        reps.knowledge_on,
        reps.metric,
        coalesce(stays.team_id, '') as team_id,
        sum(reps.target_amount) as target_amount,
        sum(reps.original_amount) as original_amount,
        sum(coalesce(past.amount, 0)) as booked_before
    from {{ own }} as reps
    inner join {{ ref('int_reps__history') }} as stays
        on
            reps.scope_id = stays.rep_id
            and reps.knowledge_on between stays.covers_from and stays.covers_to
    left join {{ ref('int_targets__team_totals') }} as team_totals
        on
            reps.scope_id = team_totals.manager_id
            and reps.period_type = team_totals.period_type
            and reps.period_start = team_totals.period_start
            and reps.metric = team_totals.metric
    left join {{ ref('int_targets__past_bookings') }} as past
        on {{ same_target('reps', 'past', without=['as_of']) }}
    -- A manager's target that contains the team's is left out, or it would count twice.
    where reps.scope_type = 'rep' and team_totals.manager_id is null
    group by
        reps.as_of, reps.period_type, reps.period_start, reps.knowledge_on, reps.metric,
        coalesce(stays.team_id, '')
),

-- What is told of each team's part, by a scope that holds the team or by its people.
units as (
    select
        own.as_of,
        own.period_type,
        own.period_start,
        own.metric,
        own.scope_type as unit_type,
        own.scope_id as unit_id,
        places.team_id,
        places.region,
        places.height,
        own.target_amount,
        own.original_amount,
        cast(null as decimal(18, 2)) as booked_before
    from {{ own }} as own
    inner join {{ ref('int_targets__places') }} as places
        on own.scope_type = places.scope_type and own.scope_id = places.scope_id
    where own.scope_type in ('team', 'region')
    union all
    select
        people.as_of,
        people.period_type,
        people.period_start,
        people.metric,
        'people' as unit_type,
        people.team_id as unit_id,
        people.team_id,
        teams.region,
        -1 as height,
        people.target_amount,
        people.original_amount,
        people.booked_before
    from people
    left join {{ ref('int_teams') }} as teams on people.team_id = teams.team_id
),

sized as (
    select
        *,
        count(*) over (partition by as_of, period_start, metric, unit_type, unit_id) as unit_size
    from units
),

leaves as (
    select
        asked.*,
        seats.team_id
    from asked
    inner join {{ ref('int_targets__seats') }} as seats
        on asked.period_type = seats.period_type and asked.period_start = seats.period_start
    union
    select
        asked.*,
        units.team_id
    from asked
    inner join units
        on
            asked.as_of = units.as_of
            and asked.period_start = units.period_start
            and asked.metric = units.metric
),

wholes as (
    select
        leaves.*,
        places.scope_type,
        places.scope_id,
        places.height,
        coalesce(sellers.amount, 0) as booked_before
    from leaves
    inner join {{ ref('int_targets__places') }} as places on leaves.team_id = places.team_id
    left join {{ own }} as own
        on
            leaves.as_of = own.as_of
            and leaves.period_start = own.period_start
            and leaves.metric = own.metric
            and places.scope_type = own.scope_type
            and places.scope_id = own.scope_id
    left join {{ ref('int_targets__sellers') }} as sellers
        on
            {{ same_target('leaves', 'sellers', without=['scope_type', 'scope_id']) }}
            and leaves.team_id = sellers.team_id
    where own.as_of is null
),

-- Of the parts of a scope that hold a team the highest one. A team above that lies in no region, or in
-- another, is no part of a region.
candidates as (
    select
        wholes.as_of,
        wholes.period_start,
        wholes.metric,
        wholes.scope_type,
        wholes.scope_id,
        wholes.team_id,
        sized.unit_type,
        sized.unit_id,
        sized.unit_size,
        sized.target_amount,
        sized.original_amount,
        sized.booked_before,
        row_number() over (
            partition by
                wholes.as_of, wholes.period_start, wholes.metric, wholes.scope_type, wholes.scope_id,
                wholes.team_id
            order by sized.height desc, sized.unit_id
        ) as place
    from wholes
    inner join sized
        on
            wholes.as_of = sized.as_of
            and wholes.period_start = sized.period_start
            and wholes.metric = sized.metric
            and wholes.team_id = sized.team_id
    where
        wholes.height > sized.height
        and (wholes.scope_type != 'region' or wholes.scope_id = sized.region)
),

best as (
    select * from candidates
    where place = 1
),

chosen as (
    select
        wholes.*,
        best.unit_type,
        best.unit_id,
        best.unit_size,
        best.target_amount,
        best.original_amount,
        case
            when best.unit_type is null then wholes.booked_before
            when best.unit_type = 'people' then greatest(wholes.booked_before - best.booked_before, 0)
            else 0
        end as uncovered,
        teams.team_name,
        row_number() over (
            partition by
                wholes.as_of, wholes.period_start, wholes.metric, wholes.scope_type,
                wholes.scope_id, best.unit_type, best.unit_id
            order by wholes.team_id
        ) as unit_place
    from wholes
    left join best
        on
            {{ same_target('wholes', 'best', without=['period_type']) }}
            and wholes.team_id = best.team_id
    left join {{ ref('int_teams') }} as teams on wholes.team_id = teams.team_id
),

{%- set nobody = sql_text(var('people_without_team')) %}

summed as (
    select
        as_of,
        period_type,
        period_start,
        knowledge_on,
        scope_type,
        scope_id,
        metric,
        sum(case when unit_place = 1 then target_amount end) as target_amount,
        sum(case when unit_place = 1 then original_amount end) as original_amount,
        -- Every team is in one part, none in two; and what no part holds is next to nothing.
        sum(case when unit_place = 1 then unit_size else 0 end) = count(unit_id)
        and case
            when sum(booked_before) > 0 then sum(uncovered) <= {{ tolerated_gap() }} * sum(booked_before)
            else count(unit_id) = count(*)
        end as is_covered,
        {{ listed(
            "case when uncovered > 0 or unit_id is null then coalesce(team_name, nullif(team_id, ''), "
            ~ nobody ~ ") end"
        ) }} as lacking_names,
        {{ listed("coalesce(team_name, nullif(team_id, ''), " ~ nobody ~ ")") }} as all_names
    from chosen
    group by as_of, period_type, period_start, knowledge_on, scope_type, scope_id, metric
    having count(unit_id) > 0
),

of_lines as (
    select
        lines.as_of,
        lines.period_type,
        lines.period_start,
        lines.knowledge_on,
        lines.metric,
        sum(lines.target_amount) as target_amount,
        sum(lines.original_amount) as original_amount,
        coalesce(max(company.amount), 0) - sum(coalesce(past.amount, 0))
        <= {{ tolerated_gap() }} * coalesce(max(company.amount), 0) as is_covered
    from {{ own }} as lines
    left join {{ ref('int_targets__past_bookings') }} as past
        on {{ same_target('lines', 'past', without=['as_of']) }}
    left join {{ ref('int_targets__past_bookings') }} as company
        on
            lines.period_type = company.period_type
            and lines.period_start = company.period_start
            and lines.metric = company.metric
            and company.scope_type = 'company'
    where lines.scope_type = 'product_line'
    group by lines.as_of, lines.period_type, lines.period_start, lines.knowledge_on, lines.metric
),

sums as (
    select
        *,
        0 as trust
    from {{ own }}
    union all
    select
        as_of,
        period_type,
        period_start,
        knowledge_on,
        scope_type,
        scope_id,
        metric,
        case when is_covered then target_amount end as target_amount,
        case when is_covered then original_amount end as original_amount,
        case when is_covered then 'summed' end as target_origin,
        case when not is_covered then coalesce(nullif(lacking_names, ''), all_names) end as target_missing,
        case when is_covered then 1 else 4 end as trust
    from summed
    union all
    select
        as_of,
        period_type,
        period_start,
        knowledge_on,
        'company' as scope_type,
        'company' as scope_id,
        metric,
        case when is_covered then target_amount end as target_amount,
        case when is_covered then original_amount end as original_amount,
        case when is_covered then 'summed' end as target_origin,
        cast(null as string) as target_missing,
        case when is_covered then 2 else 5 end as trust
    from of_lines
    {%- if partly %}
    union all
    select
        *,
        3 as trust
    from {{ partly }}
    where target_amount is null
    {%- endif %}
),

in_force as (
    select
        as_of,
        period_type,
        period_start,
        knowledge_on,
        scope_type,
        scope_id,
        metric,
        target_amount,
        original_amount,
        target_origin,
        target_missing
    from (
        select
            *,
            row_number() over (
                partition by as_of, period_type, period_start, scope_type, scope_id, metric order by trust
            ) as choice
        from sums
    ) as ranked
    where choice = 1
)
{%- endmacro %}
