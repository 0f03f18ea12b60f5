{#- What the parts chosen in the tree of teams (target_tree.sql) add up to, and which of several targets of a
    scope stands. Add here: a rule of such a sum. Keep out: which parts are chosen, sums of shorter periods. -#}

{#- CTEs after `chosen` (one row per judged day, period and metric by number, whole and team, with the part that
    holds the team), the last one `in_force`. `own` and `partly` as in target_tree. -#}
{% macro tree_sums(own, partly) -%}
-- A part that holds several teams counts once.
parts_chosen as (
    select
        asked_number,
        scope_type,
        scope_id,
        unit_type,
        unit_id,
        max(unit_size) as unit_size,
        max(target_amount) as target_amount,
        max(original_amount) as original_amount,
        count(*) as teams_held,
        sum(booked_before) as booked_before,
        sum(uncovered) as uncovered
    from chosen
    group by asked_number, scope_type, scope_id, unit_type, unit_id
),

summed as (
    select
        asked_number,
        scope_type,
        scope_id,
        sum(target_amount) as target_amount,
        sum(original_amount) as original_amount,
        -- Every team is in one part, none in two; and what no part holds is next to nothing.
        sum(unit_size) = sum(case when unit_id is not null then teams_held else 0 end)
        and case
            when sum(booked_before) > 0 then sum(uncovered) <= {{ tolerated_gap() }} * sum(booked_before)
            else count(unit_id) = count(*)
        end as is_covered
    from parts_chosen
    group by asked_number, scope_type, scope_id
    having count(unit_id) > 0
),

{%- set nobody = sql_text(var('people_without_team')) %}

-- The teams of which nothing is told, else all of them, where the sum is no target.
lacking_teams as (
    select
        chosen.asked_number,
        chosen.scope_type,
        chosen.scope_id,
        {{ listed(
            "case when chosen.uncovered > 0 or chosen.unit_id is null then "
            ~ "coalesce(teams.team_name, nullif(chosen.team_id, ''), " ~ nobody ~ ") end"
        ) }} as lacking_names,
        {{ listed("coalesce(teams.team_name, nullif(chosen.team_id, ''), " ~ nobody ~ ")") }} as all_names
    from chosen
    inner join summed
        on
            chosen.asked_number = summed.asked_number
            and chosen.scope_type = summed.scope_type
            and chosen.scope_id = summed.scope_id
    left join {{ ref('int_teams') }} as teams on chosen.team_id = teams.team_id
    where not summed.is_covered
    group by chosen.asked_number, chosen.scope_type, chosen.scope_id
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

-- What may meet another sum for the same scope: all but the targets that people, lines, teams and regions
-- were told, and the company's own, which product lines may tell once more.
sums as (
    select
        *,
        0 as trust
    from {{ own }}
    where scope_type = 'company'
    union all
    select
        asked.as_of,
        asked.period_type,
        asked.period_start,
        asked.knowledge_on,
        summed.scope_type,
        summed.scope_id,
        asked.metric,
        case when summed.is_covered then summed.target_amount end as target_amount,
        case when summed.is_covered then summed.original_amount end as original_amount,
        case when summed.is_covered then 'summed' end as target_origin,
        case
            when not summed.is_covered
                then coalesce(nullif(lacking_teams.lacking_names, ''), lacking_teams.all_names)
        end as target_missing,
        case when summed.is_covered then 1 else 4 end as trust
    from summed
    inner join asked on summed.asked_number = asked.asked_number
    left join lacking_teams
        on
            summed.asked_number = lacking_teams.asked_number
            and summed.scope_type = lacking_teams.scope_type
            and summed.scope_id = lacking_teams.scope_id
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
    union all
    select * from {{ own }}
    where scope_type != 'company'
)
{%- endmacro %}
