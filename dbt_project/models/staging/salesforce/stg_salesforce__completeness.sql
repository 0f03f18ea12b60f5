-- What the org counted itself at the end of the last load, beside what staging would count. Records
-- that were changed while the load was running explain a difference of as many rows.
with counted as (
    select
        *,
        live_rows as system_rows,
        amount as system_amount
    from (
        select
            *,
            row_number() over (partition by source, object order by _loaded_at desc, upto desc) as count_rank
        from {{ source('raw', 'salesforce__counted') }}
    ) as ranked
    where count_rank = 1
),

arrived as (
    {%- for object, table, amount in [
        ('Opportunity', 'opportunity', 'amount'),
        ('Account', 'account', none),
        ('Contact', 'contact', none),
        ('Lead', 'lead', none),
        ('Task', 'task', none),
        ('Event', 'event', none),
        ('Order', 'order', 'total_amount'),
    ] %}
    select
        source,
        '{{ object }}' as object,
        count(*) as arrived_rows,
        {{ 'sum(' ~ amount ~ ')' if amount else 'null' }} as arrived_amount
    from ({{ salesforce_current(table, object) }}) as {{ table }}_rows
    group by source
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

{{ compared_counts(
    "counted.object in ('Opportunity', 'Account', 'Contact', 'Lead', 'Task', 'Event', 'Order')",
    by_load=false,
    changed_since='counted.changed_since',
    more='counted.upto',
) }}
