-- One row per team, with the region it lies in: its own, else that of the nearest team above it that has one,
-- at any distance. parent_team_id is null where no source lists the parent.
with placed as (
    select
        stated.team_id,
        parents.above_id as parent_team_id,
        stated.team_name,
        coalesce(
            stated.region,
            min_by(above.region, case when above.region is not null then tree.levels_up end)
        ) as region
    from {{ ref('int_teams__stated') }} as stated
    left join {{ ref('int_teams__tree') }} as parents
        on stated.team_id = parents.team_id and parents.levels_up = 1
    left join {{ ref('int_teams__tree') }} as tree on stated.team_id = tree.team_id
    left join {{ ref('int_teams__stated') }} as above
        on tree.above_id = above.team_id and above.region is not null
    group by stated.team_id, parents.above_id, stated.team_name, stated.region
)

select
    team_id,
    team_name,
    parent_team_id,
    region
from placed
