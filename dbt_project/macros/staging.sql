{#- What the staging models of several systems say alike. Add here: the end of a staging model that more
    than one system shares. Keep out: what a system's own rows are (macros/<system>.sql). -#}

{#- Ends a model of targets: the canonical columns of `rows`, a CTE that has them. -#}
{% macro staged_targets(rows) -%}
renamed as (
    select
        ---------- grain
        period,
        scope_type,
        scope_id,
        metric,
        effective_from,
        ---------- text
        version,
        reason,
        ---------- money
        cast(target_amount as decimal(18, 2)) as target_amount,
        ---------- flags
        -- No system says of a target whether it holds others'.
        cast(null as boolean) as includes_team,
        ---------- bookkeeping
        source,
        _loaded_at
    from {{ rows }}
)

select * from renamed
{%- endmacro %}

{#- Rows of a company's own object of orders, to be united with the system's: its mapping names them
    canonically. -#}
{% macro own_orders(rows) -%}
select
        id as order_id,
        opportunity_id,
        account_id,
        owner_id,
        product_line,
        status,
        amount,
        currency,
        ordered_at,
        promised_at,
        delivered_at,
        source,
        _loaded_at
    from {{ rows }}
{%- endmacro %}

{#- Ends a model of orders: the canonical columns of a CTE `united`. `instead` gives another expression
    for a column (account_id, owner_id, product_line, currency), `joins` what these need. -#}
{% macro staged_orders(instead={}, joins=[]) -%}
renamed as (
    select
        ---------- ids
        united.order_id,
        united.opportunity_id,
        {{ instead.get('account_id', 'united.account_id') }} as account_id,
        {{ instead.get('owner_id', 'united.owner_id') }} as owner_id,
        ---------- text
        {{ instead.get('product_line', 'united.product_line') }} as product_line,
        united.status,
        ---------- money
        cast(united.amount as decimal(18, 2)) as amount,
        upper({{ instead.get('currency', 'united.currency') }}) as currency,
        ---------- moments
        united.ordered_at,
        united.promised_at,
        united.delivered_at,
        ---------- bookkeeping
        united.source,
        united._loaded_at
    from united
    {%- for join in joins %}
    left join {{ join }}
    {%- endfor %}
)

select * from renamed
{%- endmacro %}

{#- What a system counted when a table was read whole: source, object, system_rows, system_amount,
    rejected_rows, _loaded_at of its last load. Loads of changes are not compared. `amount`: 'null' for a
    system whose sums are not compared. -#}
{% macro counted_when_read_whole(system, amount='extracts.source_amount') -%}
select
        extracts.source,
        extracts.entity as object,
        extracts.source_rows as system_rows,
        {{ amount }} as system_amount,
        coalesce(extracts.rejected_rows, 0) as rejected_rows,
        extracts.loaded_at as _loaded_at
    from {{ source('config', 'extracts') }} as extracts
    where
        extracts.system = '{{ system }}'
        and extracts.state = 'loaded'
        and extracts.full
        and extracts.source_rows is not null
{%- endmacro %}

{#- Ends a model of completeness: what was counted beside what has arrived. CTEs counted (source, object,
    system_rows, system_amount, rejected_rows, _loaded_at) and arrived (source, object, arrived_rows,
    arrived_amount; with `by_load` also _loaded_at). `system_rows`, `changed_since`: other expressions;
    `more`: a further column; `only`: the condition on what is compared. -#}
{% macro compared_counts(
    only, by_load=true, system_rows='counted.system_rows', changed_since='coalesce(arrived.changed_since, 0)', more=none
) -%}
compared as (
    select
        counted.source,
        counted.object,
        {{ system_rows }} as system_rows,
        coalesce(arrived.arrived_rows, 0) as arrived_rows,
        cast(counted.system_amount as decimal(28, 2)) as system_amount,
        cast(arrived.arrived_amount as decimal(28, 2)) as arrived_amount,
        {{ changed_since }} as changed_since,
        counted.rejected_rows,
        {%- if more %}
        {{ more }},
        {%- endif %}
        counted._loaded_at
    from counted
    left join arrived
        on
            counted.source = arrived.source
            and counted.object = arrived.object
            {%- if by_load %}
            and counted._loaded_at = arrived._loaded_at
            {%- endif %}
    where
        {{ only }}
)

select * from compared
{%- endmacro %}
