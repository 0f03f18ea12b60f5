{#- Trees of parents and children without recursion, which Spark does not know. Add here: walking such a tree.
    Keep out: what the tree is of (int_teams__tree). -#}

{#- CTEs name_1 to name_<doublings>: pairs of team and team above it, up to 2^doublings levels apart. `steps`
    names a CTE of parents with team_id, above_id, levels_up = 1; a circle gives a team above itself. -#}
{% macro climbed(name, steps, doublings) %}
{%- for turn in range(doublings) %}
{{ name }}_{{ turn + 1 }} as (
    select
        team_id,
        above_id,
        min(levels_up) as levels_up
    from (
        select * from {{ steps if loop.first else name ~ '_' ~ turn }}
        union all
        select
            below.team_id,
            above.above_id,
            below.levels_up + above.levels_up as levels_up
        from {{ steps if loop.first else name ~ '_' ~ turn }} as below
        inner join {{ steps if loop.first else name ~ '_' ~ turn }} as above
            on below.above_id = above.team_id
    ) as climbed
    group by team_id, above_id
),
{%- endfor %}
{%- endmacro %}
