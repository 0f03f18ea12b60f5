-- One row per period, scope and step of the funnel in which a deal entered, reached or left it.
with cohorts as (
    select * from {{ ref('int_funnel__cohort_counts') }}
),

exits as (
    select * from {{ ref('int_funnel__exit_counts') }}
),

counts as (
    select
        period_type,
        period_start,
        period_end,
        scope_type,
        scope_id,
        stage,
        {%- for count in ['entered', 'advanced', 'lost', 'still_open', 'went_to_next', 'strict_entered',
                          'strict_advanced', 'reached', 'passed'] %}
        coalesce(cohorts.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        {%- for count in ['exits_forward', 'exits_lost', 'exits_backward'] %}
        coalesce(exits.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        exits.median_days_in_stage,
        exits.p80_days_in_stage
    from cohorts
    full outer join exits using (period_type, period_start, period_end, scope_type, scope_id, stage)
),

joined as (
    select
        counts.*,
        stages.stage_order,
        stages.pipeline,
        stages.outcome = 'open' as is_open_stage,
        benchmarks.pass_p80_days
    from counts
    inner join {{ ref('int_stages') }} as stages on counts.stage = stages.stage
    left join {{ ref('int_stages__benchmarks') }} as benchmarks on counts.stage = benchmarks.stage
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
