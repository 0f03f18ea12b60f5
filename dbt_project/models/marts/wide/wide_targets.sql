-- One row per period and scope with each metric in columns of its own: no sum can mix money with counts.
{%- set metrics = ['revenue', 'orders', 'new_accounts'] %}
with rows_of as (
    select * from {{ ref('fct_target_completion') }}
),

spread as (
    select
        as_of,
        period_type,
        period_start,
        period_end,
        scope_type,
        scope_id,
        max(scope_name) as scope_name,
        {%- for metric in metrics %}
        max(case when metric = '{{ metric }}' then target_amount end) as {{ metric }}_target,
        max(case when metric = '{{ metric }}' then actual_amount end) as {{ metric }}_actual,
        max(case when metric = '{{ metric }}' then attainment end) as {{ metric }}_attainment,
        max(case when metric = '{{ metric }}' then expected_amount end) as {{ metric }}_expected,
        max(case when metric = '{{ metric }}' then projected_amount end) as {{ metric }}_projected,
        max(case when metric = '{{ metric }}' then miss_probability end) as {{ metric }}_miss_probability,
        max(case when metric = '{{ metric }}' then gap_amount end) as {{ metric }}_gap,
        max(case when metric = '{{ metric }}' then level end) as {{ metric }}_level,
        {%- endfor %}
        max(workdays_elapsed) as workdays_elapsed,
        max(workdays_total) as workdays_total
    from rows_of
    group by as_of, period_type, period_start, period_end, scope_type, scope_id
)

select
    spread.as_of,
    spread.period_type,
    spread.period_start,
    spread.period_end,
    spread.as_of between spread.period_start and spread.period_end as is_running,
    spread.scope_type,
    spread.scope_id,
    spread.scope_name,
    scopes.parent_scope_type,
    scopes.parent_scope_id,
    parents.scope_name as parent_scope_name,
    scopes.owner_id,
    owners.rep_name as owner_name,
    {%- for metric in metrics %}
    spread.{{ metric }}_target,
    spread.{{ metric }}_actual,
    spread.{{ metric }}_attainment,
    spread.{{ metric }}_expected,
    spread.{{ metric }}_projected,
    spread.{{ metric }}_miss_probability,
    spread.{{ metric }}_gap,
    spread.{{ metric }}_level,
    {%- endfor %}
    spread.workdays_elapsed,
    spread.workdays_total
from spread
left join {{ ref('int_scopes') }} as scopes
    on spread.scope_type = scopes.scope_type and spread.scope_id = scopes.scope_id
left join {{ ref('int_scopes') }} as parents
    on
        scopes.parent_scope_type = parents.scope_type
        and scopes.parent_scope_id = parents.scope_id
left join {{ ref('dim_rep_current') }} as owners on scopes.owner_id = owners.rep_id
