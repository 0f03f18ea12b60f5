-- Declared phasing: where a scope has a target for every month of a quarter or year, the share that should
-- be booked by the judged day (and two and four weeks before) is the targets of the months gone plus the
-- running month's by its own curve, over all of them. months_missing counts months without a target.
with spine as (
    select
        as_of,
        period_type,
        period_start,
        period_end,
        case period_type when 'quarter' then 3 else 12 end as months_long,
        is_running
    from {{ ref('int_targets__spine') }}
    where is_reported and period_type in ('quarter', 'year')
),

months as (
    select
        spine.as_of,
        spine.period_type,
        spine.period_start,
        spine.months_long,
        spine.is_running,
        told.scope_type,
        told.scope_id,
        told.metric,
        told.period_start as month_start,
        cast(told.target_amount as double) as target,
        expected.expected_share,
        expected.expected_share_2w,
        expected.expected_share_4w
    from spine
    inner join {{ ref('int_targets__months_in_force') }} as told
        on
            spine.as_of = told.as_of
            and told.period_start between spine.period_start and spine.period_end
    left join {{ ref('int_targets__expected') }} as expected
        on
            told.as_of = expected.as_of
            and told.period_start = expected.period_start
            and told.metric = expected.metric
            and expected.period_type = 'month'
),

-- A month that has not begun has no share yet, whatever its curve has on day 0. Exact numbers, so that the
-- sums do not depend on the order of the rows.
summed as (
    select
        as_of,
        period_type,
        period_start,
        scope_type,
        scope_id,
        metric,
        max(months_long) - count(target) as months_missing,
        cast(sum(cast(
            case when month_start <= as_of then target * coalesce(expected_share, 1.0) else 0 end
            as decimal(38, 15)
        )) as double) as planned,
        {%- for weeks in [2, 4] %}
        cast(sum(cast(case
            when is_running and month_start <= {{ add_days('as_of', -7 * weeks) }}
                then target * coalesce(expected_share_{{ weeks }}w, 1.0)
            when is_running then 0
        end as decimal(38, 15))) as double) as planned_{{ weeks }}w,
        {%- endfor %}
        cast(sum(cast(target as decimal(38, 15))) as double) as total
    from months
    group by as_of, period_type, period_start, scope_type, scope_id, metric
)

select
    as_of,
    period_type,
    period_start,
    scope_type,
    scope_id,
    metric,
    cast(months_missing as bigint) as months_missing,
    case when months_missing = 0 and total > 0 then planned / total end
        as expected_share,
    case when months_missing = 0 and total > 0 then planned_2w / total end
        as expected_share_2w,
    case when months_missing = 0 and total > 0 then planned_4w / total end
        as expected_share_4w
from summed
