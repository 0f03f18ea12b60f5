-- The figures of target completion as the marts publish them: rounded to cents, with names and the
-- pipeline's second opinion. fct_target_completion and its history are two slices of this one model.
select
    completion.as_of,
    completion.period_type,
    completion.period_start,
    completion.period_end,
    completion.scope_type,
    completion.scope_id,
    coalesce(scopes.scope_name, completion.scope_id) as scope_name,
    completion.metric,
    completion.target_amount,
    completion.original_target_amount,
    completion.target_origin,
    completion.months_missing,
    completion.target_missing,
    completion.actual_amount,
    {{ safe_divide('completion.actual', 'completion.target') }} as attainment,
    {{ safe_divide('completion.actual', 'completion.original_target_amount') }} as original_attainment,
    completion.share as expected_share,
    completion.curve_origin,
    cast(completion.curve_periods as bigint) as curve_periods,
    cast(round(completion.expected, 2) as decimal(18, 2)) as expected_amount,
    {{ safe_divide('completion.actual', 'completion.expected') }} as pace,
    cast(round(completion.projected, 2) as decimal(18, 2)) as projected_amount,
    case
        when completion.deviation is not null
            then cast(round(
                greatest(completion.projected - 1.2816 * completion.deviation, completion.actual), 2
            ) as decimal(18, 2))
    end as projected_low,
    cast(round(completion.projected + 1.2816 * completion.deviation, 2) as decimal(18, 2)) as projected_high,
    completion.deviation as projection_sd,
    completion.miss_probability,
    cast(round(completion.projected_from_run_rate, 2) as decimal(18, 2)) as projected_from_run_rate,
    completion.projected_from_pipeline,
    completion.open_pipeline_amount,
    completion.weighted_pipeline_amount,
    completion.expected_pipeline_amount,
    completion.expected_new_amount,
    cast(completion.target_amount - completion.actual_amount as decimal(18, 2)) as gap_amount,
    case
        when completion.is_running then cast(round(greatest(completion.needed_rate, 0), 2) as decimal(18, 2))
    end as needed_per_workday,
    cast(round(completion.best_finish_rate, 2) as decimal(18, 2)) as best_finish_per_workday,
    completion.shortfall_used,
    completion.burn_2w,
    completion.burn_4w,
    completion.workdays_elapsed,
    completion.workdays_total,
    cast(completion.deals as bigint) as deals,
    completion.past_deals,
    completion.spread_origin,
    completion.level,
    completion.is_latest,
    completion.is_weekly
from {{ ref('int_targets__completion') }} as completion
left join {{ ref('int_scopes') }} as scopes
    on
        completion.scope_type = scopes.scope_type
        and completion.scope_id = scopes.scope_id
