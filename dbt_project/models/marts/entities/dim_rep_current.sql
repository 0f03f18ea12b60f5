-- One row per person: the stay of the as-of day, else the last one before it.
with ordered as (
    select
        *,
        row_number() over (
            partition by rep_id
            order by case when is_current then 0 else 1 end, valid_from desc
        ) as place
    from {{ ref('int_reps__history') }}
),

people as (
    select * from ordered
    where place = 1
)

select
    people.rep_id,
    people.rep_name,
    people.team_id,
    teams.team_name,
    people.region,
    people.manager_id,
    managers.rep_name as manager_name,
    people.is_current,
    people.is_active,
    people.is_listed,
    people.source
from people
left join {{ ref('int_teams') }} as teams on people.team_id = teams.team_id
left join people as managers on people.manager_id = managers.rep_id
