{#- What the staging models of 纷享销客 share. Add here: a reading of its raw tables that several
    models need. Keep out: anything of other systems, and canonical names. -#}

{#- The newest version of each record that still exists. A record is gone if its newest version says
    so (作废), or if a later list of all ids (raw table id_sweep) lacks it: then it vanished unseen. -#}
{% macro fxiaoke_current(table, stamp='modified_at') -%}
    {{ alive_versions(
        source('raw', 'fxiaoke__' ~ table),
        source('raw', 'fxiaoke__id_sweep'),
        table,
        stamp ~ ' desc nulls last, _loaded_at desc, _deleted desc nulls last',
        marked_gone=true
    ) }}
{%- endmacro %}

{#- Where an opportunity stands: the company's own field, the status that ended it, else the stage. -#}
{% macro fxiaoke_stage() -%}
    coalesce(custom_stage, closed_as, stage)
{%- endmacro %}

{#- When a version of a record came to be: its time of change, unless that did not move. -#}
{% macro fxiaoke_moment_of_change(changed, before) -%}
    case when {{ before }} is null or {{ changed }} > {{ before }} then {{ changed }} else _loaded_at end
{%- endmacro %}

{#- The product line that sums up the most of a parent's lines. -#}
{% macro fxiaoke_product_lines(table, parent) -%}
    {{ leading_group(
        '(' ~ fxiaoke_current(table) ~ ')',
        '(' ~ fxiaoke_current('product') ~ ')',
        'product_id', 'id', parent, 'product_line', 'amount'
    ) }}
{%- endmacro %}

{#- The id of the whole company among the departments. -#}
{% macro fxiaoke_top_department() -%} '999999' {%- endmacro %}

{#- Changes of the months of goal records: one row per record, month (0: the whole year, which counts
    where no month is filled) and version that changed it, with the difference and the day it was known.
    Used by stg_fxiaoke__targets. -#}
{% macro fxiaoke_goal_changes() %}
{%- set months = [
    'january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october',
    'november', 'december',
] -%}
with months as (
    select
        *,
        0 as month_number,
        case when coalesce({{ months | join('_value, ') }}_value) is null then annual_value end as amount
    from {{ source('raw', 'fxiaoke__goal_value') }}
    {%- for month in months %}
    union all
    select
        *,
        {{ loop.index }} as month_number,
        {{ month }}_value as amount
    from {{ source('raw', 'fxiaoke__goal_value') }}
    {%- endfor %}
),

versions as (
    select
        *,
        lag(amount) over (partition by source, id, month_number order by modified_at, _loaded_at)
            as amount_before,
        lag(modified_at) over (partition by source, id, month_number order by modified_at, _loaded_at)
            as modified_before
    from months
    where not coalesce(_deleted, false)
)

select
    source,
    id,
    month_number,
    coalesce(amount, 0) - coalesce(amount_before, 0) as change,
    {{ to_company_date(
        'case when modified_before is null then coalesce(created_at, modified_at) else '
        ~ fxiaoke_moment_of_change('modified_at', 'modified_before') ~ ' end'
    ) }} as known_on,
    _loaded_at
from versions
where amount is distinct from amount_before
{% endmacro %}

{#- Targets kept in an object of the company's own; of two records for one target the one changed last. -#}
{% macro fxiaoke_own_targets() -%}
    select
        period,
        scope_type,
        scope_id,
        coalesce(metric, 'revenue') as metric,
        effective_from,
        version,
        reason,
        target_amount,
        source,
        _loaded_at
    from (
        select
            *,
            row_number() over (
                partition by source, period, scope_type, scope_id, coalesce(metric, 'revenue'), effective_from
                order by record_modified_at desc, id
            ) as record_rank
        from ({{ fxiaoke_current('custom_targets', stamp='record_modified_at') }}) as alive
    ) as ranked
    where record_rank = 1
{%- endmacro %}
