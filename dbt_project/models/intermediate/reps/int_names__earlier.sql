-- One row per team or person and name that an earlier load told and the newest one does not: what targets and
-- other lists may still call it. told_until is the load that told another name, or the last one of a record
-- that the lists no longer have, whose today_name is null.
with told as (
    select
        entity,
        source,
        record_id,
        record_name,
        max(_loaded_at) as last_told,
        lead(min(_loaded_at)) over (
            partition by entity, source, record_id order by max(_loaded_at), record_name
        ) as told_otherwise
    from {{ ref('stg_config__names_told') }}
    where record_id is not null and record_name is not null
    group by entity, source, record_id, record_name
),

newest as (
    {{ newest_of('told', 'entity, source, record_id', 'last_told desc, record_name desc') }}
),

today as (
    select
        'teams' as entity,
        source,
        team_id as record_id
    from ({{ union_staging('teams') }}) as teams
    union
    select
        'users' as entity,
        source,
        user_id as record_id
    from ({{ union_staging('users') }}) as users
)

select
    told.entity,
    told.source,
    told.record_id,
    told.record_name as earlier_name,
    {{ to_company_date('coalesce(told.told_otherwise, told.last_told)') }} as told_until,
    case when today.record_id is not null then newest.record_name end as today_name
from told
inner join newest
    on told.entity = newest.entity and told.source = newest.source and told.record_id = newest.record_id
left join today
    on told.entity = today.entity and told.source = today.source and told.record_id = today.record_id
where told.record_name != newest.record_name or today.record_id is null
