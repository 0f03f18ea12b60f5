-- How many records the tenant counted when everything was read, beside those of that load that staging
-- takes for alive; what came marked as deleted explains a difference. Loads of changes are not compared:
-- the records they rejected earlier are known to nobody.
with counted as (
    {{ counted_when_read_whole('fxiaoke', amount='null') }}
),

arrived as (
    {%- for table in [
        'account', 'contact', 'lead', 'opportunity', 'active_record', 'telesales_record', 'sales_order',
        'order_line', 'opportunity_line', 'product', 'department', 'goal_value',
    ] %}
    select
        came.source,
        '{{ table }}' as object,
        came._loaded_at,
        sum(case when came._deleted then 1 else 0 end) as changed_since,
        count(alive.id) as arrived_rows,
        cast(null as decimal(28, 2)) as arrived_amount
    from {{ source('raw', 'fxiaoke__' ~ table) }} as came
    left join ({{ fxiaoke_current(table) }}) as alive
        on
            came.source = alive.source
            and came.id = alive.id
            and came._loaded_at = alive._loaded_at
    group by came.source, came._loaded_at
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

{#- Two records of one person are one, and the address book counts nothing. #}
{{ compared_counts("counted.object not like 'custom_%' and counted.object != 'personnel'") }}
