-- One row per team and scope that holds it: itself, the teams above it, its region, the company; with how
-- high that scope stands above it. Team '' stands for people without a team.
select
    team_id,
    'team' as scope_type,
    team_id as scope_id,
    region,
    0 as height
from {{ ref('int_teams') }}
union all
select
    above.team_id,
    'team' as scope_type,
    above.above_id as scope_id,
    teams.region,
    above.levels_up as height
from {{ ref('int_teams__above') }} as above
inner join {{ ref('int_teams') }} as teams on above.above_id = teams.team_id
union all
select
    team_id,
    'region' as scope_type,
    region as scope_id,
    region,
    1000 as height
from {{ ref('int_teams') }}
where region is not null
union all
select
    team_id,
    'company' as scope_type,
    'company' as scope_id,
    cast(null as string) as region,
    2000 as height
from {{ ref('int_teams') }}
union all
select
    '' as team_id,
    'company' as scope_type,
    'company' as scope_id,
    cast(null as string) as region,
    2000 as height
