{#- Fan-out test: the model has exactly as many rows as another (after an optional filter on each).
    A failing row shows both counts. -#}
{% test same_count(model, other, where_model='true', where_other='true') %}
select
    here.n as rows_here,
    there.n as rows_there
from (select count(*) as n from {{ model }} where {{ where_model }}) as here
cross join (select count(*) as n from {{ other }} where {{ where_other }}) as there
where here.n != there.n
{% endtest %}
