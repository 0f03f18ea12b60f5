{#- The columns together identify a row, and none of them is null (but those in may_be_null).
    A failing row is one key that stands more than once, or has a null. -#}
{% test grain(model, columns, may_be_null=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as copies
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns if column not in may_be_null %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
