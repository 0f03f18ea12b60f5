-- The system keeps no past of people: their earlier teams are known from the nights on which the list
-- was read. A change lies between two nights; the record's own time of change tells when, if it lies
-- there too. A stay ends on the day before the next begins, or when the person was seen to leave.
with listed as (
    select
        *,
        nullif(coalesce(custom_team_id, department_id), {{ fxiaoke_top_department() }}) as team_id,
        case
            when custom_is_active is not null
                then lower(custom_is_active) in ('true', '1', '是', '启用', '在职')
            else coalesce(status, '0') = '0'
        end as is_active,
        max(_loaded_at) over (partition by source) as newest_night
    from {{ source('raw', 'fxiaoke__personnel') }}
    where not coalesce(_deleted, false)
),

-- One person may have two records; the one that is still active counts.
nights as (
    {{ newest_of(
        'listed', 'source, user_id, _loaded_at', 'is_active desc, modified_at desc nulls last, id'
    ) }}
),

compared as (
    select
        *,
        row_number() over (partition by source, user_id order by _loaded_at desc) as nights_ago,
        lag(_loaded_at) over (partition by source, user_id order by _loaded_at) as night_before,
        lag(team_id) over (partition by source, user_id order by _loaded_at) as team_before,
        lag(is_active) over (partition by source, user_id order by _loaded_at) as active_before
    from nights
),

changes as (
    select
        *,
        {{ to_company_date('case when modified_at > night_before then modified_at else _loaded_at end') }}
            as changed_on,
        sum(case when night_before is null or team_id is distinct from team_before then 1 else 0 end)
            over (partition by source, user_id order by _loaded_at rows unbounded preceding) as stay_number
    from compared
),

stays as (
    select
        source,
        user_id,
        stay_number,
        max_by(team_id, _loaded_at) as team_id,
        max_by(coalesce(custom_manager_id, manager_id), _loaded_at) as manager_id,
        -- How long the first known stay has lasted already, nobody knows.
        case when stay_number > 1 then min(changed_on) end as began_on,
        max(case when active_before and not is_active then changed_on end) as left_on
    from changes
    group by source, user_id, stay_number
),

newest as (
    select
        *,
        _loaded_at = newest_night as is_listed
    from compared
    where nights_ago = 1
),

dated as (
    select
        stays.*,
        newest.custom_valid_from,
        newest.custom_valid_to,
        newest._loaded_at,
        coalesce(newest.custom_user_name, newest.full_name, newest.user_id) as user_name,
        coalesce(newest.custom_email, newest.email) as email,
        newest.is_active and newest.is_listed as is_active,
        case when not newest.is_listed then {{ to_company_date('newest._loaded_at') }} end as last_seen_on,
        lead(stays.began_on)
            over (partition by stays.source, stays.user_id order by stays.stay_number)
            as next_began_on
    from stays
    inner join newest on stays.source = newest.source and stays.user_id = newest.user_id
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
        case when stay_number = 1 then custom_valid_from else began_on end as valid_from,
        coalesce(
            {{ add_days('next_began_on', -1) }},
            custom_valid_to,
            case when not is_active then coalesce(left_on, last_seen_on) end
        ) as valid_to,
        ---------- bookkeeping
        source,
        _loaded_at
    from dated
    -- Moved twice on one day: only the last stay counts.
    where next_began_on is null or began_on is null or next_began_on > began_on
)

select * from renamed
