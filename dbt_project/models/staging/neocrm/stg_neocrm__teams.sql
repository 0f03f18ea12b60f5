-- Departments, and those that only people name, where the list of departments cannot be read.
with departments as (
    {{ neocrm_whole('department') }}
),

named_by_people as (
    select
        source,
        dim_depart as id,
        max_by(depart_name, _loaded_at) as depart_name,
        max(_loaded_at) as _loaded_at
    from {{ source('raw', 'neocrm__user') }}
    where dim_depart is not null and custom_team_id is null and depart_name is not null
    group by source, dim_depart
),

renamed as (
    select
        ---------- ids
        id as team_id,
        coalesce(custom_parent_team_id, parent_depart_id) as parent_team_id,
        ---------- text
        coalesce(custom_team_name, depart_name, id) as team_name,
        custom_region as region,
        ---------- bookkeeping
        source,
        _loaded_at
    from departments
    union all
    select
        named_by_people.id as team_id,
        cast(null as string) as parent_team_id,
        named_by_people.depart_name as team_name,
        cast(null as string) as region,
        named_by_people.source,
        named_by_people._loaded_at
    from named_by_people
    left join departments
        on named_by_people.source = departments.source and named_by_people.id = departments.id
    where departments.id is null
)

select * from renamed
