with roles as (
    {{ zoho_whole('roles') }}
),

renamed as (
    select
        ---------- ids
        id as team_id,
        reporting_to_id as parent_team_id,
        ---------- text
        name as team_name,
        region,
        ---------- bookkeeping
        source,
        _loaded_at
    from roles
)

select * from renamed
