-- One row per source and user: the person it is. people.csv speaks first, then the e-mail, then the id:
-- users of different sources with one e-mail, or with one id, are one person. A mailbox that several
-- users of one source share joins nobody. Users who begin after the as-of day decide nothing.
with users as (
    {{ union_staging('users') }}
),

keyed as (
    select
        source,
        user_id,
        nullif(lower(trim(email)), '') as mailbox,
        coalesce(
            min(valid_from) over (partition by source, user_id) <= {{ as_of_date() }}, true
        ) as is_known,
        valid_from,
        _loaded_at
    from users
    where user_id is not null
),

newest as (
    {{ newest_of(
        'keyed',
        'source, user_id',
        'case when mailbox is null then 1 else 0 end, _loaded_at desc, valid_from desc nulls last, mailbox'
    ) }}
),

people as (
    select
        source,
        source_user_id,
        person_id,
        nullif(lower(trim(email)), '') as mailbox
    from {{ ref('stg_config__people') }}
),

-- By people.csv, else by the id: an id that two sources use is one person.
named as (
    select
        newest.source,
        newest.user_id,
        newest.mailbox,
        newest.is_known,
        coalesce(people.person_id, newest.user_id) as own_id,
        people.person_id is not null as is_listed
    from newest
    left join people on newest.source = people.source and newest.user_id = people.source_user_id
),

bearers as (
    select
        mailbox,
        source,
        own_id,
        is_listed
    from named
    where is_known and mailbox is not null
    union
    select
        mailbox,
        source,
        person_id as own_id,
        true as is_listed
    from people
    where mailbox is not null
),

-- Who is listed, or has several mailboxes, keeps the id: others join him, and so no chain is formed.
anchors as (
    select own_id
    from bearers
    group by own_id
    having bool_or(is_listed) or count(distinct mailbox) > 1
),

shared as (
    select
        bearers.mailbox,
        coalesce(
            max(anchors.own_id), min_by(bearers.own_id, bearers.source || ' ' || bearers.own_id)
        ) as rep_id
    from bearers
    left join anchors on bearers.own_id = anchors.own_id
    group by bearers.mailbox
    having
        count(distinct anchors.own_id) <= 1
        and count(distinct bearers.own_id) > 1
        and count(distinct bearers.source || ' ' || bearers.own_id) = count(distinct bearers.source)
),

joined as (
    select distinct
        bearers.own_id,
        shared.rep_id
    from bearers
    inner join shared on bearers.mailbox = shared.mailbox
    left join anchors on bearers.own_id = anchors.own_id
    where anchors.own_id is null
)

select
    named.source,
    named.user_id,
    coalesce(joined.rep_id, named.own_id) as rep_id,
    named.is_known,
    named.is_listed
from named
left join joined on named.own_id = joined.own_id
