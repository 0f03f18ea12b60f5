-- Whose targets a person's target may be the sum of: the others of the team, of the team and all teams below
-- it, those who report to the person up to three levels down. Only people who have a target, each in the team
-- of the as-of day. One row per person, circle and other person.
with people as (
    select distinct rep_id
    from {{ ref('int_targets__comparable') }}
),

stays as (
    select
        history.rep_id,
        history.team_id,
        history.manager_id
    from {{ ref('int_reps__history') }} as history
    where {{ as_of_date() }} between history.covers_from and history.covers_to
),

seated as (
    select stays.*
    from stays
    inner join people on stays.rep_id = people.rep_id
),

circles as (
    select
        wholes.rep_id,
        case when places.height = 0 then 'team' else 'tree' end as circle,
        parts.rep_id as member_id
    from seated as wholes
    inner join {{ ref('int_targets__places') }} as places
        on places.scope_type = 'team' and wholes.team_id = places.scope_id
    inner join seated as parts on places.team_id = parts.team_id
    union all
    {%- for levels in [1, 2, 3] %}
    select
        stays_{{ levels }}.manager_id as rep_id,
        'reports' as circle,
        seated.rep_id as member_id
    from seated
    inner join stays as stays_1 on seated.rep_id = stays_1.rep_id
    {%- for level in range(2, levels + 1) %}
    inner join stays as stays_{{ level }} on stays_{{ level - 1 }}.manager_id = stays_{{ level }}.rep_id
    {%- endfor %}
    where stays_{{ levels }}.manager_id is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select distinct
    rep_id,
    circle,
    member_id
from circles
where rep_id != member_id
