{#- Targets: what the target models share. Add here: an arithmetic of target completion used more
    than once. Keep out: dates and scopes in general (dates.sql, scopes.sql). -#}

{#- Below this share of the target a period counts as missed (tau of the metrics sheet). -#}
{% macro acceptable_share() -%} 0.9 {%- endmacro %}

{#- What was credited by a day and had not been taken back by its end: reopened wins count for the days
    before the reopening. Needs credited_on and voided_on of int_targets__credits. -#}
{% macro still_credited(credits, day) -%}
    ({{ credits }}.credited_on <= {{ day }}
    and ({{ credits }}.voided_on is null or {{ credits }}.voided_on > {{ day }}))
{%- endmacro %}

{#- Rows of `left` and `right` that speak of one target: equal in every part of its key but those in `without`. -#}
{% macro same_target(left, right, without=[]) -%}
{%- set parts = [] -%}
{%- for part in ['as_of', 'period_type', 'period_start', 'scope_type', 'scope_id', 'metric']
    if part not in without -%}
    {%- do parts.append(left ~ '.' ~ part ~ ' = ' ~ right ~ '.' ~ part) -%}
{%- endfor -%}
{{ parts | join('\n        and ') }}
{%- endmacro %}

{#- Declared targets as known on the as-of day: the body of a CTE. -#}
{% macro declared_now() -%}
    select
        declared.period_type,
        declared.period_start,
        declared.scope_type,
        declared.scope_id,
        declared.metric,
        declared.target_amount,
        declared.knowledge_on
    from {{ ref('int_targets__declared') }} as declared
    where declared.as_of = {{ as_of_date() }}
{%- endmacro %}

{#- A mart of target completion: those of the figures that `which` names. -#}
{% macro target_completion(which) -%}
select
    as_of,
    period_type,
    period_start,
    period_end,
    scope_type,
    scope_id,
    scope_name,
    metric,
    target_amount,
    original_target_amount,
    target_origin,
    months_missing,
    target_missing,
    actual_amount,
    attainment,
    original_attainment,
    expected_share,
    curve_origin,
    curve_periods,
    expected_amount,
    pace,
    projected_amount,
    projected_low,
    projected_high,
    projection_sd,
    miss_probability,
    projected_from_run_rate,
    projected_from_pipeline,
    open_pipeline_amount,
    weighted_pipeline_amount,
    expected_pipeline_amount,
    expected_new_amount,
    gap_amount,
    needed_per_workday,
    best_finish_per_workday,
    shortfall_used,
    burn_2w,
    burn_4w,
    workdays_elapsed,
    workdays_total,
    deals,
    past_deals,
    spread_origin,
    level
from {{ ref('int_targets__figures') }}
where {{ which }}
{%- endmacro %}
