-- One row per period, scope and step of the funnel in which a deal entered, reached or left it.
with cohorts as (
    select * from {{ ref('int_funnel__cohort_counts') }}
),

exits as (
    select * from {{ ref('int_funnel__exit_counts') }}
),

grain as (
    select
        period_type,
        period_start,
        period_end,
        scope_type,
        scope_id,
        stage
    from cohorts
    union
    select
        period_type,
        period_start,
        period_end,
        scope_type,
        scope_id,
        stage
    from exits
),

joined as (
    select
        grain.*,
        stages.stage_order,
        stages.pipeline,
        stages.outcome = 'open' as is_open_stage,
        coalesce(cohorts.entered, 0) as entered,
        coalesce(cohorts.advanced, 0) as advanced,
        coalesce(cohorts.lost, 0) as lost,
        coalesce(cohorts.still_open, 0) as still_open,
        coalesce(cohorts.went_to_next, 0) as went_to_next,
        coalesce(cohorts.strict_entered, 0) as strict_entered,
        coalesce(cohorts.strict_advanced, 0) as strict_advanced,
        coalesce(cohorts.reached, 0) as reached,
        coalesce(cohorts.passed, 0) as passed,
        coalesce(exits.exits_forward, 0) as exits_forward,
        coalesce(exits.exits_lost, 0) as exits_lost,
        coalesce(exits.exits_backward, 0) as exits_backward,
        exits.median_days_in_stage,
        exits.p80_days_in_stage,
        benchmarks.pass_p80_days
    from grain
    left join cohorts using (period_type, period_start, period_end, scope_type, scope_id, stage)
    left join exits using (period_type, period_start, period_end, scope_type, scope_id, stage)
    inner join {{ ref('int_stages') }} as stages on grain.stage = stages.stage
    left join {{ ref('int_stages__benchmarks') }} as benchmarks on grain.stage = benchmarks.stage
)

select
    period_type,
    period_start,
    period_end,
    scope_type,
    scope_id,
    stage,
    stage_order,
    pipeline,
    entered,
    -- The won step is where deals arrive: nothing advances from it and nothing waits in it.
    case when is_open_stage then advanced end as advanced,
    case when is_open_stage then lost end as lost,
    case when is_open_stage then still_open end as still_open,
    reached,
    case when is_open_stage then passed end as passed,
    case when is_open_stage then exits_forward end as exits_forward,
    case when is_open_stage then exits_lost end as exits_lost,
    case when is_open_stage then exits_backward end as exits_backward,
    case when is_open_stage then {{ safe_divide('passed', 'reached') }} end as implied_conversion,
    case when is_open_stage then {{ safe_divide('went_to_next', 'entered') }} end as adjacent_conversion,
    case when is_open_stage then {{ safe_divide('strict_advanced', 'strict_entered') }} end
        as strict_conversion,
    case
        when is_open_stage then {{ safe_divide('exits_forward', '(exits_forward + exits_lost)') }}
    end as exit_conversion,
    median_days_in_stage,
    p80_days_in_stage,
    coalesce(
        {{ days_between('period_end', as_of_date()) }} >= pass_p80_days, false
    ) as is_ripe
from joined
