with roles as (
    {{ salesforce_whole('user_role') }}
),

renamed as (
    select
        ---------- ids
        id as team_id,
        coalesce(custom_parent_team_id, parent_role_id) as parent_team_id,
        ---------- text
        coalesce(custom_team_name, name) as team_name,
        custom_region as region,
        ---------- bookkeeping
        source,
        _loaded_at
    from roles
)

select * from renamed
