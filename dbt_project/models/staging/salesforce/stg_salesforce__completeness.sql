-- What the org counted itself at the end of the last load, beside what staging would count. Records
-- that were changed while the load was running explain a difference of as many rows.
with counted as (
    select *
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

compared as (
    select
        counted.source,
        counted.object,
        counted.live_rows as system_rows,
        coalesce(arrived.arrived_rows, 0) as arrived_rows,
        cast(counted.amount as decimal(28, 2)) as system_amount,
        cast(arrived.arrived_amount as decimal(28, 2)) as arrived_amount,
        counted.changed_since,
        counted.rejected_rows,
        counted.upto,
        counted._loaded_at
    from counted
    left join arrived on counted.source = arrived.source and counted.object = arrived.object
    where counted.object in ('Opportunity', 'Account', 'Contact', 'Lead', 'Task', 'Event', 'Order')
)

select * from compared
