-- What the projection said against what came, by band of the probability it gave. Evaluations of targets
-- that were met already are left out: nothing was left to say.
with judged as (
    select
        history.period_type,
        history.scope_type,
        history.miss_probability,
        cast(history.projected_amount as double) as projected,
        cast(history.projected_from_pipeline as double) as from_pipeline,
        cast(finished.actual_amount as double) as final_amount,
        finished.actual_amount between history.projected_low and history.projected_high as was_inside,
        case
            when finished.actual_amount < {{ acceptable_share() }} * finished.target_amount then 1
            else 0
        end as missed,
        case
            when history.miss_probability < 0.1 then 1
            when history.miss_probability < 0.3 then 2
            when history.miss_probability < 0.5 then 3
            when history.miss_probability < 0.7 then 4
            when history.miss_probability < 0.9 then 5
            else 6
        end as band
    from {{ ref('fct_target_completion_history') }} as history
    inner join {{ ref('fct_target_completion') }} as finished
        on {{ same_target('history', 'finished', without=['as_of']) }}
    where
        history.metric = 'revenue'
        and history.level in ('normal', 'warning', 'danger')
        and finished.period_end < finished.as_of
        and finished.target_amount > 0
),

-- Each evaluation once in its own row, and once in each of the sums called all.
cut as (
    {%- for period_type, scope_type in [
        ('period_type', 'scope_type'), ("'all'", 'scope_type'), ('period_type', "'all'"), ("'all'", "'all'")
    ] %}
    select
        {{ period_type }} as period_cut,
        {{ scope_type }} as scope_cut,
        *
    from judged
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    period_cut as period_type,
    scope_cut as scope_type,
    cast(band as bigint) as band,
    cast(case band when 1 then 0 else 0.2 * band - 0.3 end as double) as band_from,
    cast(case band when 6 then 1 else 0.2 * band - 0.1 end as double) as band_to,
    count(*) as evaluations,
    {{ exact_mean('miss_probability') }} as said,
    cast(avg(missed) as double) as seen,
    {{ exact_mean('power(miss_probability - missed, 2)') }} as brier_score,
    cast(avg(case when was_inside then 1 else 0 end) as double) as in_interval,
    {{ safe_divide(exact_sum('abs(projected - final_amount)'), exact_sum('final_amount')) }}
        as run_rate_error,
    {{ safe_divide(
        exact_sum('abs(from_pipeline - final_amount)'),
        exact_sum('case when from_pipeline is not null then final_amount end')
    ) }} as pipeline_error
from cut
group by period_cut, scope_cut, band
