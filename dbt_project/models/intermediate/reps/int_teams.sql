-- One row per team, with the region it lies in. A team that only its people name is a team as well:
-- its id is its name, and it lies in no region.
with teams as (
    {{ union_staging('teams') }}
),

newest as (
    {{ newest_of('teams', 'team_id', '_loaded_at desc, source') }}
),

-- A team without a region of its own lies in the region of the nearest team above it.
placed as (
    select
        own.team_id,
        own.team_name,
        own.parent_team_id,
        coalesce(own.region, parent.region, grandparent.region) as region
    from newest as own
    left join newest as parent on own.parent_team_id = parent.team_id
    left join newest as grandparent on parent.parent_team_id = grandparent.team_id
),

named_by_people as (
    select distinct team_id from ({{ union_staging('users') }}) as users
    where team_id is not null
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
