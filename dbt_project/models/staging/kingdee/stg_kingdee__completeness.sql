-- What the site listed of a form when it was read whole, by a second reading of its ids and amounts,
-- beside those records of that load that staging takes for alive. Loads of changes are compared by the
-- connector while they run.
with counted as (
    {{ counted_when_read_whole('kingdee') }}
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

{{ compared_counts(
    "counted.object in ('opportunity', 'sale_order', 'customer', 'contact', 'clue', 'activity', 'department', "
    "'employee', 'salesman')",
    changed_since='0',
) }}
