-- One row per stated target, for the scope it names: a person, a team or a region given by id or by name. A
-- target below zero, or of something that nobody counts, is none; the suite of targets names such rows.
with targets as (
    {{ union_staging('targets') }}
),

stated as (
    select
        period,
        scope_type,
        -- The company is one, whatever the sheet calls it; a person may be given by name or id.
        case scope_type
            when 'company' then 'company'
            when 'rep' then {{ rep_of('targets.scope_id', 'reps') }}
            when 'team' then {{ team_of('targets.scope_id') }}
            when 'product_line' then {{ product_line_of('targets.scope_id') }}
            else targets.scope_id
        end as stated_scope_id,
        coalesce(nullif(trim(metric), ''), 'revenue') as metric,
        target_amount,
        version,
        effective_from,
        reason,
        includes_team,
        targets.source,
        {{ to_company_date('targets._loaded_at') }} as loaded_on
    from targets
    {{ join_rep('targets.scope_id', 'targets.source', 'reps') }}
    {{ join_team('targets.scope_id', 'targets.source') }}
    {{ join_product_line('targets.scope_id') }}
    where
        target_amount >= 0
        and scope_type in ('company', 'region', 'team', 'rep', 'product_line')
        and coalesce(nullif(trim(metric), ''), 'revenue') in ('revenue', 'orders', 'new_accounts')
)

-- A team may be given by name too; the id wins when both fit.
select
    stated.*,
    coalesce(by_id.scope_id, by_name.scope_id, stated.stated_scope_id) as scope_id,
    coalesce(by_id.scope_id, by_name.scope_id) is not null as is_known_scope
from stated
left join {{ ref('int_scopes') }} as by_id
    on
        stated.scope_type = by_id.scope_type
        and stated.stated_scope_id = by_id.scope_id
left join (
    select
        scope_type,
        scope_name,
        min(scope_id) as scope_id
    from {{ ref('int_scopes') }}
    group by scope_type, scope_name
    -- Two people of one name cannot be told apart by it.
    having count(distinct scope_id) = 1
) as by_name
    on
        stated.scope_type = by_name.scope_type
        and stated.stated_scope_id = by_name.scope_name
