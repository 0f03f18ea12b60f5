-- Actual / target in force, for months and quarters (a target has no weeks). A finished period keeps the
-- target of its last day. dimension: '' for revenue, else the target's own metric. The
-- sample size counts the deals booked.
select
    'target_attainment' as metric,
    'level' as kind,
    'credits' as subject,
    completion.period_type as grain,
    completion.period_start,
    completion.period_end,
    completion.scope_type,
    completion.scope_id,
    case when completion.metric = 'revenue' then '' else completion.metric end as dimension,
    completion.actual as numerator,
    completion.target as denominator,
    {{ safe_divide('completion.actual', 'completion.target') }} as value,
    completion.deals as sample_size
from {{ ref('int_targets__completion') }} as completion
where
    completion.is_latest
    and completion.period_type in ('month', 'quarter')
    and completion.target_amount is not null
