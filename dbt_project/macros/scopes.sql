{#- Scopes: company, region, team, rep, product line.

    scope_rows(relation, columns) turns rows that carry owner_id, team_id, region and product_line
    into long rows: each input row once per scope it belongs to, with scope_type and scope_id.
    A row without a team (or region, owner, product line) simply has no row for that scope, so
    sums over the teams may stay below the company's figure, which always holds everything.
    A row belongs to its team and to every team above it (int_teams__above): a team's figure is its
    tree's, so sums over teams of different levels hold the lower ones several times.

    relation      a model, or the name of a CTE; aggregate first when the input is long
    columns       the columns or expressions to keep
    product_line  none when the relation has no such column
    rep, team, region  names of the columns, if they differ; none leaves that scope out

    Every figure of a scope is made by `group by scope_type, scope_id` over these rows. Never add
    rows of different scope types: managers' figures contain their people's. -#}
{% macro scope_rows(
    relation, columns, rep='owner_id', team='team_id', region='region', product_line='product_line'
) -%}
    {%- set keys = {'company': "'company'", 'region': region, 'team': team, 'rep': rep,
                    'product_line': product_line} -%}
    select
        {%- for column in columns %}
        scoped.{{ column }},
        {%- endfor %}
        scoped.scope_type,
        scoped.scope_id
    from (
        select
            base.*,
            scope_types.scope_type,
            case scope_types.scope_type
                {%- for scope_type, key in keys.items() if key is not none %}
                when '{{ scope_type }}' then {{ key if scope_type == 'company' else 'base.' ~ key }}
                {%- endfor %}
            end as scope_id
        from {{ relation }} as base
        cross join (
            {%- for scope_type, key in keys.items() if key is not none %}
            select '{{ scope_type }}' as scope_type
            {%- if not loop.last %} union all {% endif %}
            {%- endfor %}
        ) as scope_types
    ) as scoped
    where scoped.scope_id is not null
    {%- if team is not none %}
    union all
    select
        {%- for column in columns %}
        base.{{ column }},
        {%- endfor %}
        'team' as scope_type,
        teams_above.above_id as scope_id
    from {{ relation }} as base
    inner join {{ ref('int_teams__above') }} as teams_above on base.{{ team }} = teams_above.team_id
    {%- endif %}
{%- endmacro %}
