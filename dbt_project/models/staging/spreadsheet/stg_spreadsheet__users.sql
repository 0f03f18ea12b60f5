with source_rows as (
    select * from {{ source('raw', 'spreadsheet__users') }}
),

newest as (
    {{ newest_of('source_rows', 'source, user_id, valid_from', '_loaded_at desc, _file desc, _address') }}
),

renamed as (
    select
        ---------- ids
        trim(user_id) as user_id,
        trim(team_id) as team_id,
        trim(manager_id) as manager_id,
        ---------- text
        trim(user_name) as user_name,
        trim(email) as email,
        ---------- flags
        is_active,
        ---------- dates
        valid_from,
        valid_to,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
