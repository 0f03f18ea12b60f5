-- Quarterly targets in force per judged day: declared for the quarter, else the sum of the scope's
-- months, else summed from the scopes below.
with spine as (
    select
        as_of,
        period_type,
        period_start,
        period_end,
        knowledge_on
    from {{ ref('int_targets__spine') }}
    where period_type = 'quarter'
),

own as (
    select
        as_of,
        period_type,
        period_start,
        knowledge_on,
        scope_type,
        scope_id,
        metric,
        target_amount,
        original_amount,
        'declared' as target_origin
    from {{ ref('int_targets__declared') }}
    where period_type = 'quarter'
),

parts as (
    select
        spine.as_of,
        spine.period_type,
        spine.period_start,
        spine.knowledge_on,
        shorter.scope_type,
        shorter.scope_id,
        shorter.metric,
        sum(shorter.target_amount) as target_amount,
        sum(shorter.original_amount) as original_amount,
        'summed' as target_origin
    from spine
    inner join {{ ref('int_targets__months_in_force') }} as shorter
        on
            spine.as_of = shorter.as_of
            and shorter.period_start between spine.period_start and spine.period_end
    group by
        spine.as_of, spine.period_type, spine.period_start, spine.knowledge_on,
        shorter.scope_type, shorter.scope_id, shorter.metric
),

told as (
    select * from own
    union all
    select parts.*
    from parts
    left join own
        on
            parts.as_of = own.as_of
            and parts.period_start = own.period_start
            and parts.scope_type = own.scope_type
            and parts.scope_id = own.scope_id
            and parts.metric = own.metric
    where own.as_of is null
),

{{ target_tree('told') }}

select * from in_force
