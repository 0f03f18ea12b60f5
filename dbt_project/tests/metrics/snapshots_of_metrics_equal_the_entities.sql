-- What fct_metrics says about the as-of day from intervals is what the entity facts say from their rows.
with entities as (
    select
        'stalled_share' as metric,
        cast(count_if(is_stalled) as double) as figure
    from {{ ref('fct_opportunities') }}
    where outcome = 'open'
    union all
    select
        'idle_share' as metric,
        cast(count_if(idle_workdays > {{ var('idle_limit_workdays') }}) as double) as figure
    from {{ ref('fct_opportunities') }}
    where outcome = 'open'
    union all
    select
        'overdue_close_share' as metric,
        cast(count_if(is_overdue) as double) as figure
    from {{ ref('fct_opportunities') }}
    where outcome = 'open'
    union all
    select
        'open_pipeline_amount' as metric,
        cast(sum(amount) as double) as figure
    from {{ ref('fct_opportunities') }}
    where outcome = 'open'
    union all
    select
        'silent_accounts' as metric,
        cast(count_if(silent) as double) as figure
    from {{ ref('fct_account_health') }}
)

select
    metrics.metric,
    metrics.grain,
    metrics.numerator,
    entities.figure
from {{ ref('fct_metrics') }} as metrics
inner join entities
    on metrics.metric = entities.metric
where
    metrics.scope_type = 'company'
    and {{ as_of_date() }} between metrics.period_start and metrics.period_end
    and abs(coalesce(metrics.numerator, 0) - coalesce(entities.figure, 0)) > 0.005
