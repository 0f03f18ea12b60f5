{#- Arithmetic. Add here: a formula that several models share. Keep out: anything about dates. -#}

{#- A ratio as double; null, never 0 or 1, when there is nothing to divide by. -#}
{% macro safe_divide(numerator, denominator) -%}
    case
        when {{ denominator }} != 0
            then cast({{ numerator }} as double) / cast({{ denominator }} as double)
    end
{%- endmacro %}

{#- Standard normal distribution function. Abramowitz and Stegun, Handbook of Mathematical
    Functions, 26.2.17: absolute error below 7.5e-8. DuckDB has no erf. -#}
{% macro normal_cdf(x) -%}
    {%- set z = "abs(cast(" ~ x ~ " as double))" -%}
    {%- set t = "(1.0 / (1.0 + 0.2316419 * " ~ z ~ "))" -%}
    {%- set tail -%}
    0.3989422804014327 * exp(-0.5 * {{ z }} * {{ z }}) * {{ t }} * (
        0.319381530 + {{ t }} * (
            -0.356563782 + {{ t }} * (
                1.781477937 + {{ t }} * (-1.821255978 + {{ t }} * 1.330274429)
            )
        )
    )
    {%- endset -%}
    case when {{ x }} >= 0 then 1.0 - {{ tail }} when {{ x }} < 0 then {{ tail }} end
{%- endmacro %}

{#- Money in the company currency, two decimals. `rate` is null when no rate is known on the day of
    the event: then the amount is null, and the test every_amount_has_a_rate names the rows. -#}
{% macro company_money(amount, rate) -%}
    cast(round({{ amount }} * {{ rate }}, 2) as decimal(18, 2))
{%- endmacro %}

{#- Whether two values are the same, two nulls included; never null itself. -#}
{% macro is_same(one, other) -%}
    coalesce({{ one }} = {{ other }}, {{ one }} is null and {{ other }} is null)
{%- endmacro %}

{#- The last value that is not null, up to this row. -#}
{% macro last_known(expression, partition_by, order_by) -%}
    {{ adapter.dispatch('last_known', 'forewarn')(expression, partition_by, order_by) }}
{%- endmacro %}
{% macro duckdb__last_known(expression, partition_by, order_by) -%}
    last_value({{ expression }} ignore nulls) over (
        partition by {{ partition_by }} order by {{ order_by }}
        rows between unbounded preceding and current row
    )
{%- endmacro %}
{% macro default__last_known(expression, partition_by, order_by) -%}
    last_value({{ expression }}) ignore nulls over (
        partition by {{ partition_by }} order by {{ order_by }}
        rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- Several continuous percentiles of a group in one sorting of it, as a list; `nth_of` takes one out, from 1 on. -#}
{% macro percentiles(expression, shares) -%}
    {{ adapter.dispatch('percentiles', 'forewarn')(expression, shares) }}
{%- endmacro %}
{% macro duckdb__percentiles(expression, shares) -%}
    quantile_cont({{ expression }}, [{{ shares | join(', ') }}])
{%- endmacro %}
{% macro default__percentiles(expression, shares) -%}
    percentile({{ expression }}, array({{ shares | join(', ') }}))
{%- endmacro %}

{% macro nth_of(list, place) -%}
    {{ adapter.dispatch('nth_of', 'forewarn')(list, place) }}
{%- endmacro %}
{% macro duckdb__nth_of(list, place) -%}
    list_extract({{ list }}, {{ place }})
{%- endmacro %}
{% macro default__nth_of(list, place) -%}
    element_at({{ list }}, {{ place }})
{%- endmacro %}

{#- A sum of doubles that is the same in whatever order the rows come: a table that was taken over and one that
    was made are joined in other orders, and plain sums then differ in their last bits. -#}
{% macro exact_sum(value, places=6) -%}
    sum(cast({{ value }} as decimal(38, {{ places }})))
{%- endmacro %}

{#- The same of a mean of figures near 1. -#}
{% macro exact_mean(value) -%}
    cast(sum(cast({{ value }} as decimal(38, 15))) as double) / count({{ value }})
{%- endmacro %}
