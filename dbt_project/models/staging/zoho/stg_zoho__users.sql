-- Zoho keeps no past of people: their earlier roles are known from the nights on which the list was
-- read. A change lies between two nights; the user's own time of change tells when, if it lies there
-- too. A stay ends on the day before the next begins, or on the day on which the user was seen to leave.
with nights as (
    select
        *,
        status = 'active' as is_active,
        lag(_loaded_at) over (partition by source, id order by _loaded_at) as night_before,
        lag(role_id) over (partition by source, id order by _loaded_at) as role_before,
        lag(status = 'active') over (partition by source, id order by _loaded_at) as active_before
    from {{ source('raw', 'zoho__users') }}
),

changes as (
    select
        *,
        {{ to_company_date('case when modified_time > night_before then modified_time else _loaded_at end') }}
            as changed_on,
        sum(case when night_before is null or role_id is distinct from role_before then 1 else 0 end)
            over (partition by source, id order by _loaded_at rows unbounded preceding) as stay_number
    from nights
),

stays as (
    select
        source,
        id,
        stay_number,
        max_by(role_id, _loaded_at) as team_id,
        max_by(reporting_to_id, _loaded_at) as reporting_to_id,
        case when stay_number > 1 then min(changed_on) end as began_on,
        max(case when active_before and not is_active then changed_on end) as left_on
    from changes
    group by source, id, stay_number
),

newest as (
    select * from ({{ newest_of('nights', 'source, id', '_loaded_at desc') }}) as newest_nights
),

dated as (
    select
        stays.*,
        newest.full_name,
        newest.email,
        newest.is_active,
        newest._loaded_at,
        lead(stays.began_on)
            over (partition by stays.source, stays.id order by stays.stay_number)
            as next_began_on
    from stays
    inner join newest on stays.source = newest.source and stays.id = newest.id
),

-- Where roles are the tree that counts, the manager is whoever alone holds the role above.
heads as (
    select
        newest.source,
        newest.role_id,
        min(newest.id) as user_id
    from newest
    inner join ({{ zoho_whole('organisation') }}) as organisations
        on newest.source = organisations.source and organisations.hierarchy = 'Role_Hierarchy'
    where newest.is_active
    group by newest.source, newest.role_id
    having count(*) = 1
),

roles as (
    {{ zoho_whole('roles') }}
),

renamed as (
    select
        ---------- ids
        dated.id as user_id,
        dated.team_id,
        coalesce(dated.reporting_to_id, heads.user_id) as manager_id,
        ---------- text
        dated.full_name as user_name,
        dated.email,
        ---------- flags
        dated.is_active,
        ---------- dates
        dated.began_on as valid_from,
        coalesce(
            {{ add_days('dated.next_began_on', -1) }}, case when not dated.is_active then dated.left_on end
        ) as valid_to,
        ---------- bookkeeping
        dated.source,
        dated._loaded_at
    from dated
    left join roles on dated.source = roles.source and dated.team_id = roles.id
    left join heads on roles.source = heads.source and roles.reporting_to_id = heads.role_id
    -- Moved twice on one day: only the last stay counts.
    where dated.next_began_on is null or dated.began_on is null or dated.next_began_on > dated.began_on
)

select * from renamed
