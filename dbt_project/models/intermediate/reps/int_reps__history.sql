-- One row per person and stay by the as-of day. covers_from and covers_to leave no gap, so that every
-- event of the person falls into exactly one stay: the one of its day, else the nearest.
with stays as (
    select * from {{ ref('int_reps__stays') }}
),

-- Owners of whom no source gives a user row: a company may start with a single sheet.
owners as (
    select
        current_owner_id as owner_id,
        source
    from {{ ref('int_opportunities__united') }}
    union all
    select
        owner_id,
        cast(null as string) as source
    from {{ ref('int_opportunities__versions') }}
    union all
    select
        owner_id,
        source
    from {{ ref('int_orders__united') }}
    union all
    select
        owner_id,
        source
    from {{ ref('int_activities__united') }}
),

strangers as (
    select
        owners.owner_id as rep_id,
        min(owners.source) as source
    from owners
    left join stays on owners.owner_id = stays.rep_id
    where stays.rep_id is null and owners.owner_id is not null
    group by owners.owner_id
),

everyone as (
    select
        stays.*,
        true as is_listed
    from stays
    union all
    select
        rep_id,
        rep_id as rep_name,
        cast(null as string) as email,
        cast(null as string) as team_id,
        cast(null as string) as manager_id,
        true as is_active,
        cast('1900-01-01' as date) as valid_from,
        cast(null as date) as valid_to,
        cast(null as date) as next_from,
        source,
        false as is_listed
    from strangers
),

ranked as (
    select
        *,
        lag(valid_to) over (partition by rep_id order by valid_from) as previous_to,
        -- 0 unless days lie between this stay and the next; such days go half to each.
        coalesce({{ days_between('valid_to', 'next_from') }} - 1, 0) as gap_after
    from everyone
),

covered as (
    select
        *,
        lag(gap_after) over (partition by rep_id order by valid_from) as gap_before
    from ranked
)

select
    covered.rep_id,
    covered.rep_name,
    covered.email,
    covered.team_id,
    teams.region,
    covered.manager_id,
    covered.valid_from,
    covered.valid_to,
    covered.source,
    covered.is_listed,
    covered.next_from is null
    and (covered.valid_to is null or covered.valid_to >= {{ as_of_date() }}) as is_current,
    covered.is_active
    and covered.next_from is null
    and (covered.valid_to is null or covered.valid_to >= {{ as_of_date() }}) as is_active,
    case
        when covered.previous_to is null then cast('1900-01-01' as date)
        else {{ add_days('covered.valid_from', '-(covered.gap_before - floor(covered.gap_before / 2.0))') }}
    end as covers_from,
    case
        when covered.next_from is null then cast('9999-12-31' as date)
        else {{ add_days('covered.valid_to', 'floor(covered.gap_after / 2.0)') }}
    end as covers_to
from covered
left join {{ ref('int_teams') }} as teams on covered.team_id = teams.team_id
