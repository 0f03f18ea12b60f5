{#- Several texts of a group in one. Add here: another way of listing. Keep out: JSON for readers (marts/alerts). -#}

{#- The texts of a group in alphabetical order, divided by `, `; null if there are none. -#}
{% macro listed(text) -%}
    {{ return(adapter.dispatch('listed', 'forewarn')(text)) }}
{%- endmacro %}
{% macro duckdb__listed(text) -%}
    string_agg({{ text }}, ', ' order by {{ text }})
{%- endmacro %}
{% macro default__listed(text) -%}
    nullif(array_join(array_sort(collect_list({{ text }})), ', '), '')
{%- endmacro %}
