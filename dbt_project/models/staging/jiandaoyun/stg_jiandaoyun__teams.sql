-- Departments, also those that are gone: people who worked there still have their past. What only
-- groups other departments is a region, not a team; external organisations (type 2) are none.
with versions as (
    select * from {{ source('raw', 'jiandaoyun__teams') }}
    where coalesce(department_type, 0) != 2
),

newest as (
    {{ newest_of('versions', 'source, team_id', '_loaded_at desc') }}
),

teams as (
    select * from newest
    where is_team
),

renamed as (
    select
        ---------- ids
        teams.team_id,
        parents.team_id as parent_team_id,
        ---------- text
        teams.team_name,
        teams.region,
        ---------- bookkeeping
        teams.source,
        teams._loaded_at
    from teams
    left join teams as parents
        on teams.source = parents.source and teams.parent_team_id = parents.team_id
)

select * from renamed
