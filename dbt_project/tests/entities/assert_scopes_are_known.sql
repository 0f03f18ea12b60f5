-- A failing row is a scope that has figures and no name.
with used as (
    select
        scope_type,
        scope_id
    from {{ ref('fct_funnel') }}
    union
    select
        scope_type,
        scope_id
    from {{ ref('fct_pipeline_daily') }}
)

select
    used.scope_type,
    used.scope_id
from used
left join {{ ref('int_scopes') }} as scopes
    on used.scope_type = scopes.scope_type and used.scope_id = scopes.scope_id
where scopes.scope_id is null
