-- One row per team, with the region it lies in.
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
)

select * from placed
