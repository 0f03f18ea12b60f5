-- One row per opportunity whose past is not known: it closed nobody knows when, or its stage is excluded
-- (a duplicate, a test). It stands as its source tells it, with its present owner, and counts in no period.
with deals as (
    select united.*
    from {{ ref('int_opportunities__united') }} as united
    left join {{ ref('int_opportunities__closings') }} as closings
        on united.opportunity_id = closings.opportunity_id
    where united.current_outcome != 'open' and closings.closed_at is null
)

select
    deals.opportunity_id,
    deals.source,
    deals.opportunity_name,
    deals.account_id,
    deals.product_line,
    deals.currency,
    deals.created_at,
    deals.created_on,
    deals.current_stage as stage,
    stages.stage_order,
    deals.current_outcome as outcome,
    {{ company_money('deals.current_amount', 'rates.rate') }} as amount,
    deals.current_amount as original_amount,
    deals.current_expected_close_on as expected_close_on,
    deals.current_owner_id as owner_id,
    stays.team_id,
    stays.region,
    case when deals.current_outcome = 'lost' then deals.lost_reason end as lost_reason
from deals
inner join {{ ref('int_stages') }} as stages on deals.current_stage = stages.stage
left join {{ ref('int_reps__history') }} as stays
    on
        deals.current_owner_id = stays.rep_id
        and {{ as_of_date() }} between stays.covers_from and stays.covers_to
left join {{ ref('int_exchange_rates__periods') }} as rates
    on
        deals.currency = rates.currency
        and least(deals.told_on, {{ as_of_date() }}) between rates.valid_from and rates.valid_to
