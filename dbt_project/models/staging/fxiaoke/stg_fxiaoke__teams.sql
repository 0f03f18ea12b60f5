-- Departments, also those that are gone: people who worked there still have their past. The whole
-- company, which the system keeps as a department, is no team.
with newest as (
    {{ newest_of(source('raw', 'fxiaoke__department'), 'source, id', '_loaded_at desc, modified_at desc') }}
),

renamed as (
    select
        ---------- ids
        id as team_id,
        nullif(coalesce(custom_parent_team_id, parent_id), {{ fxiaoke_top_department() }}) as parent_team_id,
        ---------- text
        coalesce(custom_team_name, name) as team_name,
        custom_region as region,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
    where id != {{ fxiaoke_top_department() }}
)

select * from renamed
