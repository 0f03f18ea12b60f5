{#- Whether a model is what the constraints in its yml declare, all of them in one query: primary key
    (unique, never null), unique, not_null, foreign_key, check (a sentence about one row; null counts as true).
    The database is never asked to enforce them: an index on a large key costs more than its table.
    A failing row is one broken declaration, with the number of rows that break it and one of them. -#}
{% test as_declared(model) %}
{{ config(fail_calc='coalesce(sum(failed_rows), 0)') }}
{{ declared_breaches(model) }}
{% endtest %}
