-- Kingdee has no targets of its own: these are the company's form, if it keeps one. A target that
-- stands in two records counts once: the record made last.
with current_rows as (
    {{ kingdee_current('target') }}
),

salesmen as (
    select * from {{ ref('stg_kingdee__salesmen') }}
),

scoped as (
    select
        current_rows.id,
        current_rows.period,
        current_rows.scope_type,
        current_rows.target_amount,
        current_rows.version,
        current_rows.effective_from,
        current_rows.reason,
        current_rows.source,
        current_rows._loaded_at,
        coalesce(current_rows.metric, 'revenue') as metric,
        case
            when current_rows.scope_type = 'company' then 'company'
            when current_rows.scope_type = 'rep' then coalesce(salesmen.user_id, current_rows.scope_id)
            else current_rows.scope_id
        end as scope_id
    from current_rows
    left join salesmen
        on current_rows.source = salesmen.source and current_rows.scope_id = salesmen.salesman_number
),

newest as (
    {{ newest_of(
        'scoped',
        'source, period, scope_type, scope_id, metric, effective_from',
        '_loaded_at desc, length(id) desc, id desc'
    ) }}
),

{{ staged_targets('newest') }}
