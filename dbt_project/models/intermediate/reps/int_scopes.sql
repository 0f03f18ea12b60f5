-- One row per scope that a figure may be about: its name, the scope above it, who answers for it.
with last_stays as (
    {{ newest_of(ref('int_reps__history'), 'rep_id', 'valid_from desc') }}
),

teams as (
    select * from {{ ref('int_teams') }}
),

occupied as (
    select distinct
        team_id,
        region
    from {{ ref('int_reps__history') }}
    where is_current
),

recorded_lines as (
    select product_line from {{ ref('int_opportunities__united') }}
    where product_line is not null
    union
    select product_line from {{ ref('int_orders__united') }}
    where product_line is not null
),

-- Where no record names a line, targets of lines have nothing to be compared with.
product_lines as (
    select product_line from recorded_lines
    union
    select lines.product_line from ({{ union_staging('targets') }}) as targets
    inner join {{ ref('int_product_lines__aliases') }} as lines on targets.scope_id = lines.alias
    where targets.scope_type = 'product_line' and (select count(*) from recorded_lines) > 0
),

scopes as (
    select
        'company' as scope_type,
        'company' as scope_id,
        {{ sql_text(var('whole_company')) }} as scope_name,
        cast(null as string) as parent_scope_type,
        cast(null as string) as parent_scope_id,
        true as is_current
    union all
    select
        'region' as scope_type,
        region as scope_id,
        region as scope_name,
        'company' as parent_scope_type,
        'company' as parent_scope_id,
        coalesce(bool_or(region in (select region from occupied)), false) as is_current
    from teams
    where region is not null
    group by region
    union all
    select
        'team' as scope_type,
        teams.team_id as scope_id,
        teams.team_name as scope_name,
        case
            when scope_teams.above_id is not null then 'team'
            when teams.region is null then 'company'
            else 'region'
        end as parent_scope_type,
        coalesce(scope_teams.above_id, teams.region, 'company') as parent_scope_id,
        scope_teams.is_occupied as is_current
    from teams
    inner join {{ ref('int_teams__scopes') }} as scope_teams on teams.team_id = scope_teams.team_id
    union all
    select
        'rep' as scope_type,
        rep_id as scope_id,
        rep_name as scope_name,
        case when team_id is null then 'company' else 'team' end as parent_scope_type,
        coalesce(team_id, 'company') as parent_scope_id,
        is_current
    from last_stays
    union all
    select
        'product_line' as scope_type,
        product_line as scope_id,
        product_line as scope_name,
        'company' as parent_scope_type,
        'company' as parent_scope_id,
        true as is_current
    from product_lines
    where product_line is not null
)

select
    scopes.*,
    case
        when scopes.scope_type = 'rep' then scopes.scope_id
        when scopes.scope_type = 'product_line' then company.owner_id
        else owners.owner_id
    end as owner_id
from scopes
left join {{ ref('int_scopes__owners') }} as owners
    on scopes.scope_type = owners.scope_type and scopes.scope_id = owners.scope_id
left join {{ ref('int_scopes__owners') }} as company on company.scope_type = 'company'
