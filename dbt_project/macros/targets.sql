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
