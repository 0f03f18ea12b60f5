-- How many records the tenant counted when everything was read, beside those of that load that staging
-- takes for alive; what came marked as deleted explains a difference. Loads of changes are not compared:
-- the records they rejected earlier are known to nobody.
with counted as (
    select
        extracts.source,
        extracts.entity as object,
        extracts.source_rows as system_rows,
        coalesce(extracts.rejected_rows, 0) as rejected_rows,
        extracts.loaded_at
    from {{ source('config', 'extracts') }} as extracts
    where
        extracts.system = 'fxiaoke'
        and extracts.state = 'loaded'
        and extracts.full
        and extracts.source_rows is not null
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
        count(alive.id) as arrived_rows
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

compared as (
    select
        counted.source,
        counted.object,
        counted.system_rows,
        coalesce(arrived.arrived_rows, 0) as arrived_rows,
        cast(null as decimal(28, 2)) as system_amount,
        cast(null as decimal(28, 2)) as arrived_amount,
        coalesce(arrived.changed_since, 0) as changed_since,
        counted.rejected_rows,
        counted.loaded_at as _loaded_at
    from counted
    left join arrived
        on
            counted.source = arrived.source
            and counted.object = arrived.object
            and counted.loaded_at = arrived._loaded_at
    where
        counted.object not like 'custom_%'
        -- Two records of one person are one, and the address book counts nothing.
        and counted.object != 'personnel'
)

select * from compared
