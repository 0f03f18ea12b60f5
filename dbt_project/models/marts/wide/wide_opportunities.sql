-- One row per opportunity with every name beside its id: for people who drag columns.
with deals as (
    select * from {{ ref('fct_opportunities') }}
)

select
    deals.opportunity_id,
    deals.opportunity_name,
    deals.account_id,
    accounts.account_name,
    accounts.industry,
    deals.owner_id,
    owners.rep_name as owner_name,
    owners.is_active as owner_is_active,
    deals.team_id,
    teams.team_name,
    teams.parent_team_name,
    deals.region,
    deals.product_line,
    deals.stage,
    deals.stage_order,
    deals.outcome,
    deals.outcome = 'open' as is_open,
    deals.outcome = 'won' as is_won,
    deals.amount,
    deals.created_on,
    deals.expected_close_on,
    deals.closed_on,
    deals.age_days,
    deals.days_in_stage,
    deals.last_touch_on,
    deals.idle_workdays,
    deals.push_count,
    deals.is_stalled,
    deals.is_overdue,
    deals.lost_reason,
    deals.source
from deals
left join {{ ref('dim_account') }} as accounts on deals.account_id = accounts.account_id
left join {{ ref('dim_rep_current') }} as owners on deals.owner_id = owners.rep_id
left join {{ ref('dim_team') }} as teams on deals.team_id = teams.team_id
