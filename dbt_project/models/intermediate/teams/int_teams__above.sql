-- One row per team and team above it that is a scope: whose figures hold the team's as well.
select
    tree.team_id,
    tree.above_id,
    tree.levels_up
from {{ ref('int_teams__tree') }} as tree
inner join {{ ref('int_scopes') }} as scopes
    on scopes.scope_type = 'team' and tree.above_id = scopes.scope_id
