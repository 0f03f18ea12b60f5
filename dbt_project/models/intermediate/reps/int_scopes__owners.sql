-- One row per team, region and company: who answers for it on the as-of day. For a team the manager
-- whom most of its present reps name, for a region the manager of those managers, for the company
-- the one above them; at the top a person without a manager answers for the next level too.
with current_reps as (
    select * from {{ ref('int_reps__history') }}
    where is_current
),

team_votes as (
    select
        team_id,
        manager_id,
        count(*) as votes
    from current_reps
    where team_id is not null and manager_id is not null and manager_id != rep_id
    group by team_id, manager_id
),

team_owners as (
    {{ newest_of('team_votes', 'team_id', 'votes desc, manager_id') }}
),

managers as (
    select
        rep_id,
        max(manager_id) as manager_id
    from current_reps
    group by rep_id
),

region_votes as (
    select
        teams.region,
        coalesce(managers.manager_id, team_owners.manager_id) as manager_id,
        count(*) as votes
    from team_owners
    inner join {{ ref('int_teams') }} as teams on team_owners.team_id = teams.team_id
    left join managers on team_owners.manager_id = managers.rep_id
    where teams.region is not null
    group by teams.region, coalesce(managers.manager_id, team_owners.manager_id)
),

region_owners as (
    {{ newest_of('region_votes', 'region', 'votes desc, manager_id') }}
),

company_votes as (
    select
        coalesce(managers.manager_id, region_owners.manager_id) as manager_id,
        count(*) as votes
    from region_owners
    left join managers on region_owners.manager_id = managers.rep_id
    group by coalesce(managers.manager_id, region_owners.manager_id)
),

company_owner as (
    {{ newest_of('company_votes', 'true', 'votes desc, manager_id') }}
)

select
    'team' as scope_type,
    team_id as scope_id,
    manager_id as owner_id
from team_owners
union all
select
    'region' as scope_type,
    region as scope_id,
    manager_id as owner_id
from region_owners
union all
select
    'company' as scope_type,
    'company' as scope_id,
    manager_id as owner_id
from company_owner
