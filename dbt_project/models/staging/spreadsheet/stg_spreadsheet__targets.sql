with source_rows as (
    select * from {{ source('raw', 'spreadsheet__targets') }}
),

newest as (
    {{ newest_of(
        'source_rows',
        'source, period, scope_type, scope_id, metric, effective_from',
        '_loaded_at desc, _file desc, _address'
    ) }}
),

renamed as (
    select
        ---------- grain
        trim(period) as period,
        trim(scope_type) as scope_type,
        trim(scope_id) as scope_id,
        coalesce(trim(metric), 'revenue') as metric,
        effective_from,
        ---------- text
        trim(version) as version,
        trim(reason) as reason,
        ---------- money
        target_amount,
        ---------- flags
        includes_team,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
