-- Records that a form had when its ids were listed at the end of a load of everything, beside those that
-- staging counts. Loads of changes are not compared: the records they rejected earlier are known to
-- nobody. Targets are left out, since a record gives one row per month or none.
with listed as (
    select
        source,
        entity as object,
        _loaded_at,
        sum(case when record_id = '-' then 0 else 1 end) as system_rows
    from {{ source('raw', 'jiandaoyun__live_ids') }}
    group by source, entity, _loaded_at
),

loads as (
    select
        extracts.source,
        extracts.entity as object,
        coalesce(extracts.rejected_rows, 0) as rejected_rows,
        extracts.loaded_at
    from {{ source('config', 'extracts') }} as extracts
    where extracts.system = 'jiandaoyun' and extracts.state = 'loaded' and extracts.full
),

arrived as (
    {%- for entity, record in [
        ('accounts', 'account_id'),
        ('contacts', 'contact_id'),
        ('leads', 'lead_id'),
        ('opportunities', 'opportunity_id'),
        ('stage_history', 'event_id'),
        ('activities', 'activity_id'),
        ('orders', 'order_id'),
    ] %}
    select
        source,
        '{{ entity }}' as object,
        count(distinct {{ record }}) as arrived_rows
    from ({{ jiandaoyun_current(entity, record) }}) as {{ entity }}_rows
    group by source
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

compared as (
    select
        loads.source,
        loads.object,
        listed.system_rows,
        coalesce(arrived.arrived_rows, 0) as arrived_rows,
        cast(null as decimal(28, 2)) as system_amount,
        cast(null as decimal(28, 2)) as arrived_amount,
        loads.rejected_rows,
        loads.loaded_at as _loaded_at
    from loads
    inner join listed
        on
            loads.source = listed.source
            and loads.object = listed.object
            and loads.loaded_at = listed._loaded_at
    left join arrived on loads.source = arrived.source and loads.object = arrived.object
    where loads.object not in ('users', 'teams', 'targets')
)

select * from compared
