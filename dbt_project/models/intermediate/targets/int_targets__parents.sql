-- Who reports into whom, by day, without gaps: a rep belongs to the team of the stay that covers the
-- day, so that the target of a person who has left still counts where it was set.
select
    'rep' as scope_type,
    rep_id as scope_id,
    case
        when team_id is not null then 'team'
        when region is not null then 'region'
        else 'company'
    end as parent_type,
    coalesce(team_id, region, 'company') as parent_id,
    covers_from as valid_from,
    covers_to as valid_to
from {{ ref('int_reps__history') }}
union all
select
    scope_type,
    scope_id,
    coalesce(parent_scope_type, 'company') as parent_type,
    coalesce(parent_scope_id, 'company') as parent_id,
    cast('1900-01-01' as date) as valid_from,
    cast('9999-12-31' as date) as valid_to
from {{ ref('int_scopes') }}
where scope_type in ('region', 'team', 'product_line')
