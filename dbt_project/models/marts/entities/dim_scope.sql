-- One row per scope that a figure may be about, with the scope above it and who answers for it.
select
    scope_type,
    scope_id,
    coalesce(scope_name, scope_id) as scope_name,
    parent_scope_type,
    parent_scope_id,
    owner_id,
    coalesce(is_current, false) as is_current
from {{ ref('int_scopes') }}
