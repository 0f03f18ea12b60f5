-- One row per team, with the region it lies in. A team that only its people name is a team as well:
-- its id is its name, and it lies in no region.
with teams as (
    {{ union_staging('teams') }}
),

resolved as (
    select
        {{ team_of('teams.team_id') }} as team_id,
        teams.team_id as record_id,
        teams.team_name,
        {{ team_of('teams.parent_team_id', 'parent') }} as parent_team_id,
        teams.region,
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

own as (
    select
        newest.team_id,
        newest.team_name,
        newest.parent_team_id,
        coalesce(newest.region, regions.region) as region
    from newest
    left join regions on newest.team_id = regions.team_id
),

-- A team without a region of its own lies in the region of the nearest team above it.
placed as (
    select
        own.team_id,
        own.team_name,
        own.parent_team_id,
        coalesce(own.region, parent.region, grandparent.region) as region
    from own
    left join own as parent on own.parent_team_id = parent.team_id
    left join own as grandparent on parent.parent_team_id = grandparent.team_id
),

named_by_people as (
    select distinct {{ team_of('users.team_id') }} as team_id
    from ({{ union_staging('users') }}) as users
    {{ join_team('users.team_id', 'users.source') }}
    where users.team_id is not null
)

select
    team_id,
    team_name,
    parent_team_id,
    region
from placed
union all
select
    named_by_people.team_id,
    named_by_people.team_id as team_name,
    cast(null as string) as parent_team_id,
    cast(null as string) as region
from named_by_people
left join placed on named_by_people.team_id = placed.team_id
where placed.team_id is null
