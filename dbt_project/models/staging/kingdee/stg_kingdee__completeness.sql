-- What the site listed of a form when it was read whole, by a second reading of its ids and amounts,
-- beside those records of that load that staging takes for alive. Loads of changes are compared by the
-- connector while they run.
with counted as (
    select
        extracts.source,
        extracts.entity as object,
        extracts.source_rows as system_rows,
        extracts.source_amount as system_amount,
        coalesce(extracts.rejected_rows, 0) as rejected_rows,
        extracts.loaded_at
    from {{ source('config', 'extracts') }} as extracts
    where
        extracts.system = 'kingdee'
        and extracts.state = 'loaded'
        and extracts.full
        and extracts.source_rows is not null
),

arrived as (
    {%- for table, amount in [
        ('opportunity', 'amount'),
        ('sale_order', 'amount'),
        ('customer', none),
        ('contact', none),
        ('clue', none),
        ('activity', none),
        ('department', none),
        ('employee', none),
        ('salesman', none),
    ] %}
    select
        source,
        '{{ table }}' as object,
        _loaded_at,
        count(*) as arrived_rows,
        {{ 'sum(' ~ amount ~ ')' if amount else 'null' }} as arrived_amount
    from ({{ kingdee_current(table) }}) as {{ table }}_rows
    group by source, _loaded_at
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
        cast(counted.system_amount as decimal(28, 2)) as system_amount,
        cast(arrived.arrived_amount as decimal(28, 2)) as arrived_amount,
        0 as changed_since,
        counted.rejected_rows,
        counted.loaded_at as _loaded_at
    from counted
    left join arrived
        on
            counted.source = arrived.source
            and counted.object = arrived.object
            and counted.loaded_at = arrived._loaded_at
    where
        counted.object in (
            'opportunity', 'sale_order', 'customer', 'contact', 'clue', 'activity', 'department', 'employee',
            'salesman'
        )
)

select * from compared
