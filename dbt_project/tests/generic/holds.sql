{#- A sentence about the columns of one row that must be true; null counts as true.
    A failing row breaks the sentence. -#}
{% test holds(model, sentence) %}
select *
from {{ model }}
where not ({{ sentence }})
{% endtest %}
