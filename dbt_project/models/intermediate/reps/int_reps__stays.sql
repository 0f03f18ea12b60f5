-- One row per person and stay in a team, by the as-of day. The stays of one person never overlap.
with users as (
    {{ union_staging('users') }}
),

resolved as (
    select
        {{ rep_of('users.user_id', 'person') }} as rep_id,
        coalesce(people.person_name, users.user_name) as rep_name,
        coalesce(people.email, users.email) as email,
        users.team_id,
        {{ rep_of('users.manager_id', 'manager') }} as manager_id,
        users.is_active,
        coalesce(users.valid_from, cast('1900-01-01' as date)) as valid_from,
        users.valid_to,
        users.source,
        users._loaded_at
    from users
    {{ join_rep('users.user_id', 'users.source', 'person') }}
    {{ join_rep('users.manager_id', 'users.source', 'manager') }}
    left join {{ ref('stg_config__people') }} as people
        on users.source = people.source and users.user_id = people.source_user_id
),

-- A stay that begins after the as-of day is not known yet.
begun as (
    select * from resolved
    where valid_from <= {{ as_of_date() }}
),

known as (
    {{ newest_of('begun', 'rep_id, valid_from', '_loaded_at desc, source') }}
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
        rep_id,
        rep_name,
        email,
        team_id,
        manager_id,
        -- A flag taken down for a departure after the as-of day is not known yet.
        coalesce(is_active, true) or coalesce(valid_to > {{ as_of_date() }}, false) as is_active,
        valid_from,
        case
            when next_from is not null
                then
                    least(
                        coalesce(valid_to, {{ add_days('next_from', -1) }}), {{ add_days('next_from', -1) }}
                    )
            when valid_to <= {{ as_of_date() }} then valid_to
        end as valid_to,
        next_from,
        source
    from followed
)

select * from closed
