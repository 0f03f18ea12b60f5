{#- Names and ids that sources use -> one id. Keep out: how the aliases are found
    (int_reps__aliases, int_accounts__aliases). -#}

{#- Joins of int_reps__aliases for a column that holds a user id or a user's name.
    Use with rep_of(): the source's own entry first, then the one valid everywhere. -#}
{% macro join_rep(column, source, name='rep') -%}
    left join {{ ref('int_reps__aliases') }} as {{ name }}_here
        on {{ source }} = {{ name }}_here.source and {{ column }} = {{ name }}_here.alias
    left join {{ ref('int_reps__aliases') }} as {{ name }}_anywhere
        on {{ name }}_anywhere.source = '*' and {{ column }} = {{ name }}_anywhere.alias
{%- endmacro %}

{#- The person a column stands for; what nobody is called stays as it is, as a person of its own. -#}
{% macro rep_of(column, name='rep') -%}
    coalesce({{ name }}_here.rep_id, {{ name }}_anywhere.rep_id, {{ column }})
{%- endmacro %}

{#- Join of int_accounts__aliases for a column that holds an account id; use with account_of(). -#}
{% macro join_account(column, name='account') -%}
    left join {{ ref('int_accounts__aliases') }} as {{ name }}_alias
        on {{ column }} = {{ name }}_alias.alias
{%- endmacro %}

{#- The customer an account id stands for; an id of which no record exists stays as it is. -#}
{% macro account_of(column, name='account') -%}
    coalesce({{ name }}_alias.account_id, {{ column }})
{%- endmacro %}
