{#- Targets: what the target models share. Add here: an arithmetic of target completion used more
    than once. Keep out: dates and scopes in general (dates.sql, scopes.sql). -#}

{#- Below this share of the target a period counts as missed (tau of the metrics sheet). -#}
{% macro acceptable_share() -%} 0.9 {%- endmacro %}

{#- What was credited by a day and had not been taken back by its end: reopened wins count for the days
    before the reopening. Needs credited_on and voided_on of int_targets__credits. -#}
{% macro still_credited(credits, day) -%}
    ({{ credits }}.credited_on <= {{ day }}
    and ({{ credits }}.voided_on is null or {{ credits }}.voided_on > {{ day }}))
{%- endmacro %}

{#- Sums targets up the tree where a parent has none of its own: reps -> team -> region -> company,
    product lines -> company only when nothing else tells the company's.
    `own` names a CTE with as_of, period_type, period_start, knowledge_on, scope_type, scope_id,
    metric, target_amount, original_amount, target_origin. A parent that has an own row keeps it, its
    children are never added to it. Yields CTEs, the last one `in_force`, with the same columns. -#}
{% macro target_tree(own) -%}
{%- set state = namespace(known=own) -%}
{%- for parent, of_product_lines in [
    ('team', false), ('region', false), ('company', false), ('company', true)
] %}
summed_{{ loop.index }} as (
    select
        children.as_of,
        children.period_type,
        children.period_start,
        children.knowledge_on,
        parents.parent_type as scope_type,
        parents.parent_id as scope_id,
        children.metric,
        sum(children.target_amount) as target_amount,
        sum(children.original_amount) as original_amount,
        'summed' as target_origin
    from {{ state.known }} as children
    inner join {{ ref('int_targets__parents') }} as parents
        on
            children.scope_type = parents.scope_type
            and children.scope_id = parents.scope_id
            and children.knowledge_on between parents.valid_from and parents.valid_to
            and parents.parent_type = '{{ parent }}'
            and {{ '' if of_product_lines else 'not ' }}children.scope_type = 'product_line'
    left join {{ ref('int_targets__team_totals') }} as team_totals
        on
            case when children.scope_type = 'rep' then children.scope_id end = team_totals.manager_id
            and children.period_type = team_totals.period_type
            and children.period_start = team_totals.period_start
            and children.metric = team_totals.metric
    -- A manager's target that contains the team's is left out, or it would count twice.
    where team_totals.manager_id is null
    group by
        children.as_of, children.period_type, children.period_start, children.knowledge_on,
        parents.parent_type, parents.parent_id, children.metric
),

known_{{ loop.index }} as (
    select * from {{ state.known }}
    union all
    select summed.*
    from summed_{{ loop.index }} as summed
    left join {{ state.known }} as told
        on
            summed.as_of = told.as_of
            and summed.period_type = told.period_type
            and summed.period_start = told.period_start
            and summed.scope_type = told.scope_type
            and summed.scope_id = told.scope_id
            and summed.metric = told.metric
    where told.as_of is null
),
{%- set state.known = 'known_' ~ loop.index -%}
{%- endfor %}

in_force as (
    select * from {{ state.known }}
)
{%- endmacro %}
