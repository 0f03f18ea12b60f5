{#- Sums of targets up the tree of teams: people -> team -> team above -> region -> company.

    Add here: which parts of the tree stand for a whole. Keep out: what they add up to
    (target_tree_sums.sql), sums of shorter periods, and what a sum of targets is at all (target_sums.sql). -#}

{#- Targets summed up the tree where a scope has none of its own: people -> team -> team above -> region ->
    company; product lines -> company only when nothing else tells the company's. Of the targets told below
    a scope the highest count, and what lies below them does not.

    `own` names a CTE with as_of, period_type, period_start, knowledge_on, scope_type, scope_id, metric,
    target_amount, original_amount, target_origin, target_missing; `partly` one with the same columns, of
    scopes of which parts of the period are told and no target is (none: there are no parts). Yields CTEs, the
    last one `in_force`; a scope whose parts do not cover it has target_amount null and target_missing. -#}
{% macro target_tree(own, partly=none) -%}
-- Every judged day, period and metric by a number: what follows is joined and counted by it.
asked as (
    select
        *,
        row_number() over (order by as_of, period_start, metric, knowledge_on) as asked_number
    from (
        select distinct
            as_of,
            period_type,
            period_start,
            knowledge_on,
            metric
        from {{ own }}
    ) as days_asked
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

-- What is told of each team's part, by a scope that holds the team (unit_size: how many it holds) or by its
-- people.
places as (
    select
        *,
        count(*) over (partition by scope_type, scope_id) as unit_size
    from {{ ref('int_targets__places') }}
),

units as (
    select
        asked.asked_number,
        own.scope_type as unit_type,
        own.scope_id as unit_id,
        places.unit_size,
        places.team_id,
        places.region,
        places.height,
        own.target_amount,
        own.original_amount,
        cast(null as decimal(18, 2)) as booked_before
    from {{ own }} as own
    inner join places on own.scope_type = places.scope_type and own.scope_id = places.scope_id
    inner join asked
        on own.as_of = asked.as_of and own.period_start = asked.period_start and own.metric = asked.metric
    where own.scope_type in ('team', 'region')
    union all
    select
        asked.asked_number,
        'people' as unit_type,
        people.team_id as unit_id,
        1 as unit_size,
        people.team_id,
        teams.region,
        -1 as height,
        people.target_amount,
        people.original_amount,
        people.booked_before
    from people
    inner join asked
        on
            people.as_of = asked.as_of
            and people.period_start = asked.period_start
            and people.metric = asked.metric
    left join {{ ref('int_teams') }} as teams on people.team_id = teams.team_id
),

leaves as (
    select
        asked.asked_number,
        seats.team_id
    from asked
    inner join {{ ref('int_targets__seats') }} as seats
        on asked.period_type = seats.period_type and asked.period_start = seats.period_start
    union
    select
        asked_number,
        team_id
    from units
),

sold as (
    select
        leaves.asked_number,
        leaves.team_id,
        coalesce(sellers.amount, 0) as booked_before
    from leaves
    inner join asked on leaves.asked_number = asked.asked_number
    left join {{ ref('int_targets__sellers') }} as sellers
        on
            {{ same_target('asked', 'sellers', without=['scope_type', 'scope_id']) }}
            and leaves.team_id = sellers.team_id
),

-- A scope's own target stands before any sum.
own_wholes as (
    select
        asked.asked_number,
        own.scope_type,
        own.scope_id
    from {{ own }} as own
    inner join asked
        on own.as_of = asked.as_of and own.period_start = asked.period_start and own.metric = asked.metric
    where own.scope_type in ('team', 'region', 'company')
),

wholes as (
    select
        sold.*,
        places.scope_type,
        places.scope_id,
        places.height
    from sold
    inner join places on sold.team_id = places.team_id
    left join own_wholes
        on
            sold.asked_number = own_wholes.asked_number
            and places.scope_type = own_wholes.scope_type
            and places.scope_id = own_wholes.scope_id
    where own_wholes.asked_number is null
),

-- Of the parts of a scope that hold a team the highest one. A team above that lies in no region, or in
-- another, is no part of a region.
candidates as (
    select
        wholes.asked_number,
        wholes.scope_type,
        wholes.scope_id,
        wholes.team_id,
        units.unit_type,
        units.unit_id,
        units.unit_size,
        units.target_amount,
        units.original_amount,
        units.booked_before,
        row_number() over (
            partition by wholes.asked_number, wholes.scope_type, wholes.scope_id, wholes.team_id
            order by units.height desc, units.unit_id
        ) as place
    from wholes
    inner join units on wholes.asked_number = units.asked_number and wholes.team_id = units.team_id
    where
        wholes.height > units.height
        and (wholes.scope_type != 'region' or wholes.scope_id = units.region)
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
        end as uncovered
    from wholes
    left join best
        on
            wholes.asked_number = best.asked_number
            and wholes.scope_type = best.scope_type
            and wholes.scope_id = best.scope_id
            and wholes.team_id = best.team_id
),

{{ tree_sums(own, partly) }}
{%- endmacro %}
