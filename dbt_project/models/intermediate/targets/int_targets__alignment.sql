-- Declared targets as known on the as-of day, each whole beside the sum of its parts: scopes below it in
-- the same period, and shorter periods of the same scope. Only declared figures, nothing summed up.
with declared as (
    {{ declared_now() }}
),

parts as (
    select * from {{ ref('int_targets__parts') }}
    union all
    select
        scope_type || 's' as check_name,
        period_type,
        period_start,
        'company' as scope_type,
        'company' as scope_id,
        metric,
        target_amount,
        1 as parts_count
    from declared
    where scope_type in ('region', 'product_line')
    union all
    select
        case declared.period_type when 'month' then 'months' else 'quarters' end as check_name,
        longer.period_type,
        longer.period_start,
        declared.scope_type,
        declared.scope_id,
        declared.metric,
        declared.target_amount,
        1 as parts_count
    from declared
    inner join {{ ref('int_calendar__periods') }} as longer
        on
            declared.period_start between longer.period_start and longer.period_end
            and (
                (declared.period_type = 'month' and longer.period_type in ('quarter', 'year'))
                or (declared.period_type = 'quarter' and longer.period_type = 'year')
            )
),

summed as (
    select
        check_name,
        period_type,
        period_start,
        scope_type,
        scope_id,
        metric,
        sum(target_amount) as parts_amount,
        sum(parts_count) as parts_count
    from parts
    group by check_name, period_type, period_start, scope_type, scope_id, metric
)

select
    summed.*,
    declared.target_amount as whole_amount
from summed
left join declared
    on {{ same_target('summed', 'declared', without=['as_of']) }}
