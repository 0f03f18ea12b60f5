-- One row per team that figures are given for. above_id is the nearest such team above it within its region.
with occupied as (
    select distinct team_id from {{ ref('int_reps__history') }}
    where is_current
),

occupied_trees as (
    select team_id from occupied
    union
    select tree.above_id as team_id
    from {{ ref('int_teams__tree') }} as tree
    inner join occupied on tree.team_id = occupied.team_id
),

-- A department in which nobody sits and that has no target is a level of the chart, not a scope.
sitting as (
    select team_id from {{ ref('int_reps__history') }}
    union
    select {{ team_of('targets.scope_id') }} as team_id
    from ({{ union_staging('targets') }}) as targets
    {{ join_team('targets.scope_id', 'targets.source') }}
    where targets.scope_type = 'team'
),

-- The nearest team above that is a scope, within the same region.
parents as (
    select
        tree.team_id,
        min_by(tree.above_id, tree.levels_up) as above_id
    from {{ ref('int_teams__tree') }} as tree
    inner join {{ ref('int_teams') }} as teams on tree.team_id = teams.team_id
    inner join {{ ref('int_teams') }} as above
        on tree.above_id = above.team_id and coalesce(teams.region, '') = coalesce(above.region, '')
    where
        tree.above_id in (
            select team_id from sitting
            where team_id is not null
        )
    group by tree.team_id
)

select
    teams.team_id,
    parents.above_id,
    coalesce(teams.team_id in (
        select occupied_trees.team_id from occupied_trees
        where occupied_trees.team_id is not null
    ), false) as is_occupied
from {{ ref('int_teams') }} as teams
left join parents on teams.team_id = parents.team_id
where
    teams.team_id in (
        select sitting.team_id from sitting
        where sitting.team_id is not null
    )
