-- One row per person and stay in a team, by the as-of day. The stays of one person never overlap. Of
-- several sources that know a person one tells the stays; another adds only what had ended before.
with users as (
    {{ union_staging('users') }}
),

resolved as (
    select
        {{ rep_of('users.user_id', 'person') }} as rep_id,
        coalesce(people.person_name, users.user_name) as rep_name,
        coalesce(people.email, users.email) as email,
        {{ team_of('users.team_id') }} as team_id,
        {{ rep_of('users.manager_id', 'manager') }} as manager_id,
        users.is_active,
        coalesce(users.valid_from, cast('1900-01-01' as date)) as valid_from,
        -- A stay that ends before it begins has no end that could be believed; the suite of users names it.
        case
            when users.valid_to >= coalesce(users.valid_from, users.valid_to) then users.valid_to
        end as valid_to,
        users.source,
        users.user_id,
        users._loaded_at
    from users
    {{ join_rep('users.user_id', 'users.source', 'person') }}
    {{ join_rep('users.manager_id', 'users.source', 'manager') }}
    {{ join_team('users.team_id', 'users.source') }}
    left join {{ ref('stg_config__people') }} as people
        on users.source = people.source and users.user_id = people.source_user_id
),

-- A stay that begins after the as-of day is not known yet.
begun as (
    select * from resolved
    where valid_from <= {{ as_of_date() }}
),

sources as (
    select
        rep_id,
        source,
        max(email) as email,
        max(
            case
                when coalesce(is_active, true) and coalesce(valid_to > {{ as_of_date() }}, true) then 1
                else 0
            end
        ) as is_present,
        -- Whether the source names teams at all: a director of whom it names none has none.
        max(max(case when team_id is not null then 1 else 0 end)) over (partition by source)
            as knows_teams,
        count(distinct valid_from) as stays,
        min(valid_from) as first_from
    from begun
    group by rep_id, source
),

-- The source in which the person still is, then one that names teams, then the one that knows most of
-- the past, then one that dates it, then the first by name.
telling as (
    {{ newest_of(
        'sources', 'rep_id', 'is_present desc, knows_teams desc, stays desc, first_from desc, source'
    ) }}
),

mailboxes as (
    select
        rep_id,
        max(email) as email
    from sources
    group by rep_id
),

told as (
    select begun.*
    from begun
    inner join telling
        on
            begun.rep_id = telling.rep_id
            and (begun.source = telling.source or begun.valid_to < telling.first_from)
),

known as (
    {{ newest_of('told', 'rep_id, valid_from', '_loaded_at desc, source, user_id') }}
),

followed as (
    select
        *,
        lead(valid_from) over (partition by rep_id order by valid_from) as next_from
    from known
),

-- Stays of one person never overlap: the next one ends the one before.
closed as (
    select
        followed.rep_id,
        followed.rep_name,
        coalesce(followed.email, mailboxes.email) as email,
        followed.team_id,
        followed.manager_id,
        -- A flag taken down for a departure after the as-of day is not known yet.
        coalesce(followed.is_active, true)
        or coalesce(followed.valid_to > {{ as_of_date() }}, false) as is_active,
        followed.valid_from,
        case
            when followed.next_from is not null
                then
                    least(
                        coalesce(followed.valid_to, {{ add_days('followed.next_from', -1) }}),
                        {{ add_days('followed.next_from', -1) }}
                    )
            when followed.valid_to <= {{ as_of_date() }} then followed.valid_to
        end as valid_to,
        followed.next_from,
        followed.source
    from followed
    inner join mailboxes on followed.rep_id = mailboxes.rep_id
)

select * from closed
