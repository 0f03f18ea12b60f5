{#- Where a customer stands in its order rhythm. Add here: nothing else; the multiples are vars.

    since       days since the last order
    rhythm      usual days between two orders
    p90_gap     90th percentile of its own gaps, null if it has no rhythm of its own
    order_days  days with an order so far

    churned: longer than twice the rhythm, and than its own P90, so that a customer who orders by
    fits and starts is not given up early. at_risk: longer than 1.5 times the rhythm. new: one order
    day and not yet at risk. none: never ordered. -#}
{% macro churn_state(since, rhythm, p90_gap, order_days) -%}
    case
        when coalesce({{ order_days }}, 0) = 0 then 'none'
        when {{ since }} > greatest({{ var('churned_multiple') }} * {{ rhythm }}, coalesce({{ p90_gap }}, 0))
            then 'churned'
        when {{ since }} > {{ var('at_risk_multiple') }} * {{ rhythm }} then 'at_risk'
        when {{ order_days }} = 1 then 'new'
        else 'active'
    end
{%- endmacro %}
