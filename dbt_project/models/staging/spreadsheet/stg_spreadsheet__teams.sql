with source_rows as (
    select * from {{ source('raw', 'spreadsheet__teams') }}
),

newest as (
    {{ newest_of('source_rows', 'source, team_id', '_loaded_at desc, _file desc, _address') }}
),

renamed as (
    select
        ---------- ids
        trim(team_id) as team_id,
        trim(parent_team_id) as parent_team_id,
        ---------- text
        trim(team_name) as team_name,
        trim(region) as region,
        ---------- bookkeeping
        source,
        _loaded_at
    from newest
)

select * from renamed
