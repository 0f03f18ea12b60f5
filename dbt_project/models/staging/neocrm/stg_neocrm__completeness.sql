-- What the tenant counted itself at the end of the last load, beside what staging would count. Records
-- that changed while the load was running, and rejected ones, explain a difference of as many rows.
with counted as (
    {{ newest_of(source('raw', 'neocrm__counted'), 'source, object', '_loaded_at desc, upto desc') }}
),

arrived as (
    {%- for object, table, amount in [
        ('opportunity', 'opportunity', 'money'),
        ('account', 'account', none),
        ('contact', 'contact', none),
        ('lead', 'lead', none),
        ('activityRecord', 'activity_record', none),
        ('visitRecord', 'visit_record', none),
        ('order', 'order', 'amount'),
    ] %}
    select
        source,
        '{{ object }}' as object,
        '{{ table }}' as raw_table,
        count(*) as arrived_rows,
        {{ 'sum(' ~ amount ~ ')' if amount else 'null' }} as arrived_amount
    from ({{ neocrm_current(table, object) }}) as {{ table }}_rows
    group by source
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

rejected as (
    select
        source,
        entity,
        sum(rejected_rows) as rejected_rows
    from {{ source('config', 'extracts') }}
    where system = 'neocrm'
    group by source, entity
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
        coalesce(rejected.rejected_rows, 0) as rejected_rows,
        counted._loaded_at
    from counted
    left join arrived on counted.source = arrived.source and counted.object = arrived.object
    left join rejected on counted.source = rejected.source and arrived.raw_table = rejected.entity
    where
        counted.object in (
            'opportunity', 'account', 'contact', 'lead', 'activityRecord', 'visitRecord', 'order'
        )
)

select * from compared
