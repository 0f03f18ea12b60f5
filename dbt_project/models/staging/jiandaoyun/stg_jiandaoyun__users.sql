-- The directory has no past: earlier teams are known from the nights on which it was read. A stay
-- ends on the day before the next begins, or on the last day on which the member was seen.
with versions as (
    select
        *,
        in_directory and coalesce(status, 1) = 1 as is_present
    from {{ source('raw', 'jiandaoyun__users') }}
    -- Members of other organisations (type 2) sell nothing here.
    where coalesce(member_type, 0) != 2
),

listed as (
    {{ jiandaoyun_live('users') }}
),

counted as (
    select
        source,
        counted_at
    from listed
    where record_id = '-'
),

-- Who left before the first load is known only from the records he owns.
known as (
    select
        *,
        max(case when is_present then 1 else 0 end) over (partition by source, user_id) as was_present
    from versions
),

numbered as (
    select
        *,
        row_number() over (partition by source, user_id order by _loaded_at) as version_number,
        lag(team_id) over (partition by source, user_id order by _loaded_at) as team_before
    from known
    where is_present or was_present = 0
),

staged as (
    select
        *,
        sum(
            case
                when was_present = 1 and version_number > 1 and team_id is distinct from team_before then 1
                else 0
            end
        ) over (partition by source, user_id order by version_number rows unbounded preceding) as stay_number
    from numbered
),

stays as (
    select
        source,
        user_id,
        stay_number,
        was_present,
        min(_loaded_at) as first_seen_at,
        max(_loaded_at) as last_seen_at,
        max_by(team_id, version_number) as team_id,
        max_by(user_name, version_number) as user_name
    from staged
    group by source, user_id, stay_number, was_present
),

dated as (
    select
        *,
        -- How long the first known stay has lasted already, nobody knows.
        case when stay_number > 0 then {{ to_company_date('first_seen_at') }} end as began_on,
        lead({{ to_company_date('first_seen_at') }})
            over (partition by source, user_id order by stay_number)
            as next_began_on,
        max(last_seen_at) over (partition by source, user_id) as newest_seen_at,
        first_value(user_name) over (partition by source, user_id order by stay_number desc) as newest_name
    from stays
),

renamed as (
    select
        ---------- ids
        dated.user_id,
        dated.team_id,
        cast(null as string) as manager_id,
        ---------- text
        dated.newest_name as user_name,
        cast(null as string) as email,
        ---------- flags
        dated.was_present = 1
        and (counted.counted_at is null or dated.newest_seen_at >= counted.counted_at) as is_active,
        ---------- dates
        dated.began_on as valid_from,
        case
            when dated.next_began_on is not null
                then {{ add_days('dated.next_began_on', -1) }}
            when dated.was_present = 1 and dated.newest_seen_at < counted.counted_at
                then {{ to_company_date('dated.newest_seen_at') }}
        end as valid_to,
        ---------- bookkeeping
        dated.source,
        dated.newest_seen_at as _loaded_at
    from dated
    left join counted on dated.source = counted.source
    -- Moved twice on one day: only the last stay counts.
    where dated.next_began_on is null or dated.began_on is null or dated.next_began_on > dated.began_on
)

select * from renamed
