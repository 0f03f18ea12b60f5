{#- The folder's schema name alone (marts, not main_marts), so that a table's path, its asset key
    and its name in SQL can each be told from the other two. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
