-- The tenant knows only the present of people: earlier departments are known from the nights on which
-- the list was read. A change lies between two nights; the user's own time of change tells when, if it
-- lies there too. Who is missing in the newest list has left after the last night that saw him.
with nights as (
    select
        *,
        coalesce(custom_team_id, dim_depart) as team_id,
        -- A state in words that nobody knows is taken for active.
        coalesce({{ neocrm_flag('coalesce(custom_is_active, status)') }}, true) as is_active,
        row_number() over (partition by source, id order by _loaded_at) as night,
        row_number() over (partition by source, id order by _loaded_at desc) as nights_left,
        lag(_loaded_at) over (partition by source, id order by _loaded_at) as night_before,
        max(_loaded_at) over (partition by source) as newest_load
    from {{ source('raw', 'neocrm__user') }}
),

compared as (
    select
        *,
        lag(team_id) over (partition by source, id order by night) as team_before,
        lag(is_active) over (partition by source, id order by night) as active_before,
        {{ to_company_date('case when updated_at > night_before then updated_at else _loaded_at end') }}
            as changed_on
    from nights
),

numbered as (
    select
        *,
        sum(case when night = 1 or team_id is distinct from team_before then 1 else 0 end)
            over (partition by source, id order by night rows unbounded preceding)
            as stay_number
    from compared
),

newest as (
    select
        *,
        is_active and _loaded_at = newest_load as is_present
    from numbered
    where nights_left = 1
),

stays as (
    select
        numbered.source,
        numbered.id,
        numbered.stay_number,
        max_by(numbered.team_id, numbered.night) as team_id,
        -- How long the first known stay has lasted already, nobody knows; a mapped date is the present's.
        coalesce(
            max(case when numbered.nights_left = 1 then numbered.custom_valid_from end),
            case when numbered.stay_number > 1 then min(numbered.changed_on) end
        ) as began_on,
        max(case when numbered.active_before and not numbered.is_active then numbered.changed_on end)
            as left_on
    from numbered
    group by numbered.source, numbered.id, numbered.stay_number
),

dated as (
    select
        *,
        min(began_on) over (
            partition by source, id order by stay_number rows between 1 following and unbounded following
        ) as next_began_on
    from stays
),

renamed as (
    select
        ---------- ids
        dated.id as user_id,
        dated.team_id,
        coalesce(newest.custom_manager_id, newest.manager_id) as manager_id,
        ---------- text
        coalesce(newest.custom_user_name, newest.name) as user_name,
        coalesce(newest.custom_email, newest.personal_email) as email,
        ---------- flags
        newest.is_present as is_active,
        ---------- dates
        dated.began_on as valid_from,
        case
            when dated.next_began_on is not null then {{ add_days('dated.next_began_on', -1) }}
            when newest.custom_valid_to is not null then newest.custom_valid_to
            when not newest.is_active then dated.left_on
            when not newest.is_present then {{ to_company_date('newest._loaded_at') }}
        end as valid_to,
        ---------- bookkeeping
        dated.source,
        newest._loaded_at
    from dated
    inner join newest on dated.source = newest.source and dated.id = newest.id
    -- Moved twice on one day: only the last stay counts.
    where dated.next_began_on is null or dated.began_on is null or dated.next_began_on > dated.began_on
)

select * from renamed
