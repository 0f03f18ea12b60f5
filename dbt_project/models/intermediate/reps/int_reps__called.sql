-- One row per source and way to call a person (`*`: in any source): user ids and, where only one
-- person bears it, names and e-mails.
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
        users.email,
        identities.rep_id,
        identities.is_known
    from users
    inner join {{ ref('int_reps__identities') }} as identities
        on users.source = identities.source and users.user_id = identities.user_id
),

-- An id that stands for two people says nothing outside its own source.
ids as (
    select
        user_id as alias,
        min(rep_id) as rep_id
    from known
    group by user_id
    having count(distinct rep_id) = 1
),

called as (
    select
        user_name,
        rep_id,
        is_known
    from known
    union
    select
        person_name as user_name,
        person_id as rep_id,
        true as is_known
    from people
    union
    select
        email as user_name,
        rep_id,
        is_known
    from known
    where email is not null
    union
    select
        email as user_name,
        person_id as rep_id,
        true as is_known
    from people
    where email is not null
),

-- An id beats a name; a name counts only if one person alone bears it. Who begins after the as-of
-- day does not make the name of another doubtful.
names as (
    select
        user_name as alias,
        coalesce(min(case when is_known then rep_id end), min(rep_id)) as rep_id
    from called
    where user_name not in (select known.user_id from known)
    group by user_name
    having
        count(distinct case when is_known then rep_id end) = 1
        or (not bool_or(is_known) and count(distinct rep_id) = 1)
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
