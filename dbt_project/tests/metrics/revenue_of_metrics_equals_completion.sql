-- Revenue, orders and new accounts of fct_metrics are those of fct_target_completion, for every scope.
select
    completion.period_type,
    completion.period_start,
    completion.scope_type,
    completion.scope_id,
    completion.metric,
    completion.actual_amount,
    metrics.value
from {{ ref('fct_target_completion') }} as completion
left join {{ ref('fct_metrics') }} as metrics
    on
        completion.metric = metrics.metric
        and completion.period_type = metrics.grain
        and completion.period_start = metrics.period_start
        and completion.scope_type = metrics.scope_type
        and completion.scope_id = metrics.scope_id
        and metrics.dimension = ''
where
    completion.period_type in ('month', 'quarter')
    and completion.actual_amount != cast(round(coalesce(metrics.value, 0), 2) as decimal(18, 2))
