{#- What the staging models of Salesforce share. Add here: a reading of its raw tables that several
    models need. Keep out: anything of other systems, and canonical names. -#}

{#- The newest version of each record that still exists. A record is gone if its newest version says
    so, or if a later list of all ids (raw table id_sweep) lacks it: then it was purged unseen. -#}
{% macro salesforce_current(table, object, stamp='system_modstamp') -%}
    {{ alive_versions(
        source('raw', 'salesforce__' ~ table),
        source('raw', 'salesforce__id_sweep'),
        object,
        stamp ~ ' desc nulls last, _loaded_at desc, _deleted desc nulls last',
        marked_gone=true
    ) }}
{%- endmacro %}

{#- Rows of the newest load of a small table that every night reads whole. -#}
{% macro salesforce_whole(table) -%}
    {{ newest_load_of(source('raw', 'salesforce__' ~ table)) }}
{%- endmacro %}

{#- The family that sums up the most of a parent's line items: its product line. -#}
{% macro salesforce_families(table, object, parent) -%}
    {{ leading_group(
        '(' ~ salesforce_current(table, object) ~ ')',
        '(' ~ salesforce_current('product2', 'Product2') ~ ')',
        'product2_id', 'id', parent, 'family', 'total_price'
    ) }}
{%- endmacro %}

{#- A business date as a moment: the company's midnight, in UTC. -#}
{% macro company_midnight(day) -%}
    {{ return(adapter.dispatch('company_midnight', 'forewarn')(day)) }}
{%- endmacro %}
{% macro duckdb__company_midnight(day) -%}
    timezone('{{ var("timezone") }}', cast({{ day }} as timestamp))
{%- endmacro %}
{% macro default__company_midnight(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("timezone") }}')
{%- endmacro %}
