-- Salesforce keeps no past of people: their earlier teams are known from the nights on which their
-- records were read. A stay ends on the day before the next begins, or on the day of deactivation.
with versions as (
    select
        *,
        coalesce(custom_team_id, user_role_id) as team_id,
        coalesce(custom_is_active, is_active) as active,
        row_number() over (partition by source, id order by system_modstamp, _loaded_at) as version_number
    from {{ source('raw', 'salesforce__user') }}
    -- Integration, portal and automated users sell nothing.
    where coalesce(user_type, 'Standard') = 'Standard'
),

compared as (
    select
        *,
        lag(team_id) over (partition by source, id order by version_number) as team_before,
        lag(active) over (partition by source, id order by version_number) as active_before
    from versions
),

numbered as (
    select
        *,
        sum(case when version_number = 1 or team_id is distinct from team_before then 1 else 0 end)
            over (partition by source, id order by version_number rows unbounded preceding) as stay_number
    from compared
),

stays as (
    select
        source,
        id,
        stay_number,
        max(version_number) as last_version,
        -- How long the first known stay has lasted already, nobody knows.
        case
            when stay_number > 1 then {{ to_company_date('min(system_modstamp)') }}
        end as began_on,
        {{ to_company_date('max(case when active_before and not active then system_modstamp end)') }}
            as left_on
    from numbered
    group by source, id, stay_number
),

dated as (
    select
        *,
        lead(began_on) over (partition by source, id order by stay_number) as next_began_on,
        max(last_version) over (partition by source, id) as newest_version
    from stays
),

joined as (
    select
        ---------- ids
        dated.id as user_id,
        ending.team_id,
        coalesce(ending.custom_manager_id, ending.manager_id) as manager_id,
        ---------- text
        coalesce(newest.custom_user_name, newest.name) as user_name,
        coalesce(newest.custom_email, newest.email) as email,
        ---------- flags
        newest.active as is_active,
        ---------- dates
        -- Fields of the company's own tell of the present stay only.
        coalesce(
            case when dated.last_version = dated.newest_version then newest.custom_valid_from end,
            dated.began_on
        ) as valid_from,
        coalesce(
            {{ add_days('dated.next_began_on', -1) }},
            case when dated.last_version = dated.newest_version then newest.custom_valid_to end,
            case when not newest.active then dated.left_on end
        ) as valid_to,
        ---------- bookkeeping
        dated.source,
        newest._loaded_at
    from dated
    inner join versions as ending
        on
            dated.source = ending.source
            and dated.id = ending.id
            and dated.last_version = ending.version_number
    inner join versions as newest
        on
            dated.source = newest.source
            and dated.id = newest.id
            and dated.newest_version = newest.version_number
    -- Moved twice on one day: only the last stay counts.
    where dated.next_began_on is null or dated.began_on is null or dated.next_began_on > dated.began_on
)

select * from joined
