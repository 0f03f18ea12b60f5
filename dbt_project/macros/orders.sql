{#- What several models of orders share: the state of an order, and which systems keep the books. Add here:
    another such system. Keep out: what a word means (order_statuses.csv and the vocabulary that is shipped
    in pipelines/configuration), when two orders are one (int_orders__duplicates). -#}

{#- The state of an order: without a word it is an ordinary order; a word that nobody knows is `unknown`. -#}
{% macro order_state(status, known) -%}
    case
        when nullif(trim({{ status }}), '') is null then 'order'
        else coalesce({{ known }}, 'unknown')
    end
{%- endmacro %}

{#- Names of the sources whose system keeps the books: what they say of an order goes before what a CRM
    says. -#}
{% macro bookkeeping_sources() -%}
    {%- set keepers = [] -%}
    {%- for system in ['kingdee']
        if system in var('systems') and 'orders' in var('staging_entities').get(system, []) -%}
        {%- do keepers.append(system) -%}
    {%- endfor -%}
    {%- for system in keepers %}
    select distinct source
    from {{ ref('stg_' ~ system ~ '__orders') }}
    {%- if not loop.last %}
    union
    {%- endif -%}
    {%- else %}
    select cast(null as string) as source
    where false
    {%- endfor %}
{%- endmacro %}

{#- Most calendar days between the dates that two systems give one order. -#}
{% macro order_match_days() -%}
    {{ var('order_match_days', 7) }}
{%- endmacro %}

{#- CTE: of pairs (source, order_id, kept_source, kept_order_id, same_opportunity, days_apart, trust) those in which
    each is the other's nearest among the orders of its source. -#}
{% macro nearest_pairs(pairs, name) -%}
    {%- set nearest = 'case when same_opportunity then 0 else 1 end, days_apart, kept_order_id, order_id' -%}
    {{ name }} as (
    select
        source,
        order_id,
        kept_source,
        kept_order_id,
        trust
    from (
        select
            *,
            row_number() over (partition by source, order_id, kept_source order by {{ nearest }}) as here_choice,
            row_number() over (partition by kept_source, kept_order_id, source order by {{ nearest }})
                as there_choice
        from {{ pairs }}
    ) as {{ name }}_ranked
    where here_choice = 1 and there_choice = 1
)
{%- endmacro %}

{#- Those of the pairs in which neither order has been paired by an earlier round. -#}
{% macro pairs_beside(pairs, round) -%}
    select {{ pairs }}.*
    from {{ pairs }}
    left join {{ round }} as here
        on
            {{ pairs }}.source = here.source
            and {{ pairs }}.order_id = here.order_id
            and {{ pairs }}.kept_source = here.kept_source
    left join {{ round }} as there
        on
            {{ pairs }}.kept_source = there.kept_source
            and {{ pairs }}.kept_order_id = there.kept_order_id
            and {{ pairs }}.source = there.source
    where here.order_id is null and there.order_id is null
{%- endmacro %}
