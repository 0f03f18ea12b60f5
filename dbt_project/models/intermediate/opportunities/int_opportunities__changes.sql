-- The known changes of stage at the moments at which they count: the change that closed a deal stands at its
-- closing (int_opportunities__closings), and none of those before it lies later. Deals that closed nobody
-- knows when, and excluded ones, have none.
with changes as (
    select
        history.*,
        closings.closed_at,
        closings.first_number
    from {{ ref('int_opportunities__history') }} as history
    inner join {{ ref('int_opportunities__united') }} as deals
        on history.opportunity_id = deals.opportunity_id
    left join {{ ref('int_opportunities__closings') }} as closings
        on history.opportunity_id = closings.opportunity_id
    where deals.current_outcome = 'open' or closings.closed_at is not null
)

select
    opportunity_id,
    from_stage,
    to_stage,
    change_number,
    changes,
    case
        when closed_at is null then changed_at
        when change_number = first_number then closed_at
        when change_number > first_number then greatest(changed_at, closed_at)
        else least(changed_at, closed_at)
    end as changed_at
from changes
