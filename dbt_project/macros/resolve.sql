{#- Names and ids that sources use -> one id, and when two of them are written alike. Keep out: how the
    aliases are found (int_reps__identities, int_reps__aliases, int_accounts__aliases). -#}

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

{#- Joins of int_teams__aliases for a column that holds a team's id or name; use with team_of(). -#}
{% macro join_team(column, source, name='team') -%}
    left join {{ ref('int_teams__aliases') }} as {{ name }}_here
        on {{ source }} = {{ name }}_here.source and {{ column }} = {{ name }}_here.alias
    left join {{ ref('int_teams__aliases') }} as {{ name }}_anywhere
        on {{ name }}_anywhere.source = '*' and {{ column }} = {{ name }}_anywhere.alias
{%- endmacro %}

{#- The team a column stands for; what no team is called stays as it is, as a team of its own. -#}
{% macro team_of(column, name='team') -%}
    coalesce({{ name }}_here.team_id, {{ name }}_anywhere.team_id, {{ column }})
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

{#- Join of int_product_lines__aliases for a column that holds a product line; use with product_line_of(). -#}
{% macro join_product_line(column, name='line') -%}
    left join {{ ref('int_product_lines__aliases') }} as {{ name }}_alias
        on {{ column }} = {{ name }}_alias.alias
{%- endmacro %}

{#- The name a product line goes by, in whatever case, width and spacing it is written. -#}
{% macro product_line_of(column, name='line') -%}
    coalesce({{ name }}_alias.product_line, {{ column }})
{%- endmacro %}

{#- A name without what people write differently: case, width, blanks, punctuation and brackets; null if
    nothing is left. `&` and `+` stay, since they tell names apart. -#}
{% macro name_key(name) -%}
    nullif({{ letters_of(
        "translate(lower(" ~ name ~ "), "
        ~ "'ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９＆＋', "
        ~ "'abcdefghijklmnopqrstuvwxyz0123456789&+')"
    ) }}, '')
{%- endmacro %}

{#- A name, id or e-mail in one case and width, without blanks; hyphens and dots stay, since they tell ids
    apart. -#}
{% macro person_key(name) -%}
    translate(
        lower({{ name }}),
        'ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ０１２３４５６７８９＠．－＿ 　',
        'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789@.-_'
    )
{%- endmacro %}

{#- The address in what a mail program calls somebody, `Li Ming <li@x.cn>`; null without one. -#}
{% macro mail_within(name) -%}
    nullif(regexp_extract({{ name }}, '<([^<>]+@[^<>]+)>', 1), '')
{%- endmacro %}

{#- Letters of any script, digits, & and +; the rest is taken out. -#}
{% macro letters_of(text) -%}
    {{ return(adapter.dispatch('letters_of', 'forewarn')(text)) }}
{%- endmacro %}
{% macro duckdb__letters_of(text) -%}
    regexp_replace({{ text }}, '[^\p{L}\p{N}&+]', '', 'g')
{%- endmacro %}
{% macro default__letters_of(text) -%}
    regexp_replace({{ text }}, '[^\\p{L}\\p{N}&+]', '')
{%- endmacro %}

{#- A credit code without blanks and hyphens; null for what people write when they have none: a few
    characters, or one character over and over. -#}
{% macro credit_code_key(code) -%}
    {%- set key = name_key(code) -%}
    case
        when length({{ key }}) >= 8 and replace({{ key }}, substr({{ key }}, 1, 1), '') != ''
            then upper({{ key }})
    end
{%- endmacro %}
