-- One row per team as its sources state it: name, the team above it and its own region. A team that only
-- its people name is a team as well: its id is its name.
with teams as (
    {{ union_staging('teams') }}
),

resolved as (
    select
        {{ team_of('teams.team_id') }} as team_id,
        teams.team_id as record_id,
        teams.team_name,
        {{ team_of('teams.parent_team_id', 'parent') }} as parent_team_id,
        nullif(trim(teams.region), '') as region,
        teams.source,
        teams._loaded_at
    from teams
    {{ join_team('teams.team_id', 'teams.source') }}
    {{ join_team('teams.parent_team_id', 'teams.source', 'parent') }}
),

-- Of several records the one that gives the id speaks first, then the newest load.
newest as (
    {{ newest_of(
        'resolved',
        'team_id',
        'case when record_id = team_id then 0 else 1 end, _loaded_at desc, source, record_id'
    ) }}
),

regions as (
    select
        team_id,
        min(region) as region
    from resolved
    group by team_id
    -- Sources that do not agree say nothing.
    having count(distinct region) = 1
),

named_by_people as (
    select distinct {{ team_of('users.team_id') }} as team_id
    from ({{ union_staging('users') }}) as users
    {{ join_team('users.team_id', 'users.source') }}
    where users.team_id is not null
)

select
    newest.team_id,
    newest.team_name,
    newest.parent_team_id,
    coalesce(newest.region, regions.region) as region
from newest
left join regions on newest.team_id = regions.team_id
where newest.team_id is not null
union all
select
    named_by_people.team_id,
    named_by_people.team_id as team_name,
    cast(null as string) as parent_team_id,
    cast(null as string) as region
from named_by_people
left join newest on named_by_people.team_id = newest.team_id
where newest.team_id is null
