{#- What the words that sources use for the state of an order mean. Add here: another word.
    Anything else is an ordinary order, late or not by its dates. -#}

{% macro is_cancelled_status(status) -%}
    coalesce(lower(trim({{ status }})) in (
        'cancelled', 'canceled', 'void', 'voided', '已取消', '取消', '作废', '已作废'
    ), false)
{%- endmacro %}

{#- Delivered in part: late until the last line, whatever date the first delivery has. -#}
{% macro is_partial_status(status) -%}
    coalesce(lower(trim({{ status }})) in (
        'partial', 'partly delivered', 'partly_delivered', 'partially delivered',
        'partially_delivered', '部分交付', '部分发货', '部分到货'
    ), false)
{%- endmacro %}
