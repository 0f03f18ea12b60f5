-- One row per team, with the team above it, its region, who answers for it and how many are in it today.
with members as (
    select
        team_id,
        count(*) as people
    from {{ ref('int_reps__history') }}
    where is_current and is_active and team_id is not null
    group by team_id
),

heights as (
    select
        team_id,
        max(levels_up) as levels_above
    from {{ ref('int_teams__tree') }}
    group by team_id
)

select
    teams.team_id,
    teams.team_name,
    teams.parent_team_id,
    parents.team_name as parent_team_name,
    cast(coalesce(heights.levels_above, 0) as bigint) as levels_above,
    teams.region,
    scopes.owner_id,
    owners.rep_name as owner_name,
    coalesce(members.people, 0) as people
from {{ ref('int_teams') }} as teams
-- A department of a CRM in which nobody ever was is no team that a figure is about.
inner join (
    select * from {{ ref('int_scopes') }}
    where scope_type = 'team'
) as scopes on teams.team_id = scopes.scope_id
left join {{ ref('int_teams') }} as parents on teams.parent_team_id = parents.team_id
left join heights on teams.team_id = heights.team_id
left join members on teams.team_id = members.team_id
left join {{ ref('dim_rep_current') }} as owners on scopes.owner_id = owners.rep_id
