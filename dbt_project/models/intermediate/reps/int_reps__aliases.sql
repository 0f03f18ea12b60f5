-- One row per source and way to call a person (`*`: in any source): user ids and, where only one
-- person bears it, names.
with users as (
    {{ union_staging('users') }}
),

people as (
    select * from {{ ref('stg_config__people') }}
),

known as (
    select distinct
        users.source,
        users.user_id,
        users.user_name,
        coalesce(people.person_id, users.user_id) as rep_id
    from users
    left join people
        on users.source = people.source and users.user_id = people.source_user_id
),

ids as (
    select
        user_id as alias,
        min(rep_id) as rep_id
    from known
    group by user_id
),

-- An id beats a name; a name counts only if one person alone bears it.
names as (
    select
        user_name as alias,
        min(rep_id) as rep_id
    from known
    where user_name not in (select ids.alias from ids)
    group by user_name
    having count(distinct rep_id) = 1
),

everywhere as (
    select
        alias,
        rep_id,
        2 as trust
    from ids
    union all
    select
        alias,
        rep_id,
        3 as trust
    from names
),

-- A user account that people.csv lists belongs to its person in that source alone.
candidates as (
    select
        source,
        source_user_id as alias,
        person_id as rep_id,
        0 as trust
    from people
    union all
    select
        source,
        user_id as alias,
        rep_id,
        1 as trust
    from known
    union all
    select
        '*' as source,
        alias,
        rep_id,
        trust
    from everywhere
)

select
    source,
    alias,
    min_by(rep_id, trust) as rep_id
from candidates
where alias is not null
group by source, alias
