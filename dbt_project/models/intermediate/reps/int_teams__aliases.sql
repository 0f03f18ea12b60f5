-- One row per source and way to call a team (`*`: in any source): its ids and its names. Teams of
-- different sources that bear one name are one team, unless one source has two of that name. The id
-- that targets name stands for all, since people gave it; else the shortest. What a team was called in an
-- earlier load still means it, unless a team is called so today or two were.
with teams as (
    {{ union_staging('teams') }}
),

newest as (
    {{ newest_of('teams', 'source, team_id', '_loaded_at desc') }}
),

targeted as (
    select distinct
        source,
        scope_id
    from ({{ union_staging('targets') }}) as targets
    where scope_type = 'team'
),

keyed as (
    select
        newest.source,
        newest.team_id,
        {{ name_key('newest.team_name') }} as team_key,
        case when targeted.scope_id is null then '1' else '0' end
        || lpad(cast(length(newest.team_id) as string), 6, '0')
        || newest.team_id as precedence
    from newest
    left join targeted on newest.source = targeted.source and newest.team_id = targeted.scope_id
    where newest.team_id is not null
),

named as (
    select
        team_key,
        min_by(team_id, precedence) as team_id
    from keyed
    where team_key is not null
    group by team_key
    having count(*) = count(distinct source)
),

known as (
    select
        keyed.source,
        keyed.team_id as alias,
        coalesce(named.team_id, keyed.team_id) as team_id
    from keyed
    left join named on keyed.team_key = named.team_key
),

-- An id beats a name.
anywhere as (
    select
        alias,
        min(team_id) as team_id
    from known
    group by alias
    union all
    select
        teams_of_name.alias,
        min(named.team_id) as team_id
    from (
        select distinct
            team_name as alias,
            {{ name_key('team_name') }} as team_key
        from newest
    ) as teams_of_name
    inner join named on teams_of_name.team_key = named.team_key
    where teams_of_name.alias not in (select keyed.team_id from keyed)
    group by teams_of_name.alias
),

before as (
    select
        names.earlier_name as alias,
        min(known.team_id) as team_id
    from {{ ref('int_names__earlier') }} as names
    inner join known on names.source = known.source and names.record_id = known.alias
    left join anywhere on names.earlier_name = anywhere.alias
    where names.entity = 'teams' and anywhere.alias is null
    group by names.earlier_name
    having count(distinct known.team_id) = 1
)

select
    source,
    alias,
    team_id
from known
union all
select
    '*' as source,
    alias,
    team_id
from anywhere
union all
select
    '*' as source,
    alias,
    team_id
from before
