{#- The open pipeline. Add here: a reading of an open deal that several models share. Keep out: targets
    (targets.sql) and stages of one source system. -#}

{#- The band of a wait in days: the first of its weeks. Wide where few deals are, so that each holds enough. -#}
{% macro wait_band(days) -%}
    case
        {%- for weeks in [26, 13, 8, 4, 2] %}
        when {{ days }} >= {{ 7 * weeks }} then {{ weeks }}
        {%- endfor %}
        else 0
    end
{%- endmacro %}
