-- Target completion per judged day, period, scope and metric: the figures of the projection, what is
-- still needed, and the level of this single evaluation (alert rules confirm it over weeks). Past weeks are
-- kept where a target was known: nobody asks for the others.
-- shortfall_used: shortfall against plan / shortfall allowed in the whole period (10 % of the target).
-- burn: 1 uses up exactly that allowance by the end; 3 = the window brought 70 % of its plan.
with needed as (
    select
        projection.*,
        finishes.best_finish_rate,
        target * share as expected,
        projection.workdays_total - projection.workdays_elapsed as workdays_left,
        {{ safe_divide('target - actual', 'projection.workdays_total - projection.workdays_elapsed') }}
            as needed_rate,
        greatest(target * share - actual, 0) / ((1 - {{ acceptable_share() }}) * target) as shortfall_used,
        {%- for weeks in [2, 4] %}
        case
            when projection.is_running then 1 - {{ safe_divide(
                'actual - cast(projection.actual_amount_' ~ weeks ~ 'w as double)',
                'target * (share - coalesce(projection.expected_share_' ~ weeks ~ 'w, 0))'
            ) }}
        end / (1 - {{ acceptable_share() }}) as burn_{{ weeks }}w,
        {%- endfor %}
        {{ safe_divide('projection.workdays_elapsed', 'projection.workdays_total') }} as time_share
    from {{ ref('int_targets__projection') }} as projection
    left join {{ ref('int_targets__best_finishes') }} as finishes
        on
            {{ same_target('projection', 'finishes', without=['as_of']) }}
            and projection.part = finishes.part
            and finishes.finishes_seen >= 4
    where projection.is_latest or projection.target_amount is not null
)

select
    as_of,
    period_type,
    period_start,
    period_end,
    scope_type,
    scope_id,
    metric,
    is_latest,
    is_weekly,
    is_running,
    workdays_elapsed,
    workdays_total,
    target_amount,
    original_target_amount,
    target_origin,
    target_missing,
    actual_amount,
    deals,
    curve_origin,
    curve_periods,
    months_missing,
    past_deals,
    spread_origin,
    target,
    actual,
    share,
    projected_from_run_rate,
    open_pipeline_amount,
    weighted_pipeline_amount,
    expected_pipeline_amount,
    expected_new_amount,
    projected_from_pipeline,
    projected,
    deviation,
    miss_probability,
    best_finish_rate,
    expected,
    needed_rate,
    shortfall_used,
    burn_2w,
    burn_4w,
    case
        when target is null then 'no_target'
        when actual is null then 'no_data'
        when actual >= target then 'met'
        when workdays_left <= 0
            then case when actual < {{ acceptable_share() }} * target then 'danger' else 'normal' end
        when coalesce(time_share, 0) < 0.15 then 'too_early'
        when past_deals < 8 then 'too_few'
        when miss_probability >= 0.8 then 'danger'
        -- More than was ever done is no proof by itself (growing companies need it every quarter): with a
        -- probability below this it was wrong six times out of seven on generated companies.
        when miss_probability >= 0.65 and needed_rate > best_finish_rate then 'danger'
        when miss_probability >= 0.5 or (shortfall_used >= 1 and burn_4w >= 2 and burn_2w >= 2) then 'warning'
        else 'normal'
    end as level
from needed
