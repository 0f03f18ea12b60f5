-- Kingdee keeps no past of people: their earlier departments are known from the nights on which the
-- list was read. A stay ends on the day before the next begins, or on the day on which the person was
-- seen to leave: by the date given, forbidden, or gone from the list.
with people as (
    select * from {{ ref('stg_kingdee__people') }}
),

nights as (
    select
        *,
        {{ to_company_date('_loaded_at') }} as seen_on,
        row_number() over (partition by source, user_id order by _loaded_at) as night_number,
        lag(team_id) over (partition by source, user_id order by _loaded_at) as team_before,
        lag(is_allowed) over (partition by source, user_id order by _loaded_at) as allowed_before
    from people
),

changes as (
    select
        *,
        sum(case when night_number > 1 and team_id is distinct from team_before then 1 else 0 end)
            over (partition by source, user_id order by _loaded_at rows unbounded preceding)
            as stay_number
    from nights
),

stays as (
    select
        source,
        user_id,
        stay_number,
        max_by(team_id, _loaded_at) as team_id,
        max_by(manager_id, _loaded_at) as manager_id,
        case when stay_number = 0 then min(joined_on) else min(seen_on) end as began_on,
        max(case when allowed_before and not is_allowed then seen_on end) as forbidden_on
    from changes
    group by source, user_id, stay_number
),

newest as (
    {{ newest_of('nights', 'source, user_id', '_loaded_at desc') }}
),

-- Gone only if neither list has them.
present as (
    select
        source,
        number as user_id
    from ({{ kingdee_current('employee') }}) as employees
    union
    select
        posts.source,
        salesmen.user_id
    from ({{ kingdee_current('salesman') }}) as posts
    inner join {{ ref('stg_kingdee__salesmen') }} as salesmen
        on posts.source = salesmen.source and posts.number = salesmen.salesman_number
),

dated as (
    select
        stays.*,
        newest.user_name,
        newest.email,
        newest.left_on,
        newest.seen_on as last_seen_on,
        newest._loaded_at,
        newest.is_allowed and present.user_id is not null as is_active,
        present.user_id is not null as is_present,
        lead(stays.began_on)
            over (partition by stays.source, stays.user_id order by stays.stay_number)
            as next_began_on
    from stays
    inner join newest on stays.source = newest.source and stays.user_id = newest.user_id
    left join present on stays.source = present.source and stays.user_id = present.user_id
),

renamed as (
    select
        ---------- ids
        user_id,
        team_id,
        manager_id,
        ---------- text
        user_name,
        email,
        ---------- flags
        is_active,
        ---------- dates
        began_on as valid_from,
        coalesce(
            {{ add_days('next_began_on', -1) }},
            left_on,
            case when not is_active then forbidden_on end,
            case when not is_present then last_seen_on end
        ) as valid_to,
        ---------- bookkeeping
        source,
        _loaded_at
    from dated
    -- Moved twice on one day: only the last stay counts.
    where next_began_on is null or began_on is null or next_began_on > began_on
)

select * from renamed
