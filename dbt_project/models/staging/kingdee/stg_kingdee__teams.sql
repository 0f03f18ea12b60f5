-- Departments, also those that are gone: people who worked there still have their past.
with departments as (
    {{ kingdee_by_number(source('raw', 'kingdee__department')) }}
),

renamed as (
    select
        ---------- ids
        number as team_id,
        parent_number as parent_team_id,
        ---------- text
        name as team_name,
        region,
        ---------- bookkeeping
        source,
        _loaded_at
    from departments
)

select * from renamed
