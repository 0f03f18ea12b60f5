-- One row per opportunity that anybody touched by the as-of day: the last day on which something
-- was done about it. A touch is an activity of either direction, a change of stage, or of amount.
with touches as (
    select
        opportunity_id,
        occurred_on as touched_on
    from {{ ref('int_activities__united') }}
    where opportunity_id is not null
    union all
    select
        opportunity_id,
        entered_on as touched_on
    from {{ ref('int_opportunities__events') }}
    union all
    select
        opportunity_id,
        cast(changed_at as date) as touched_on
    from {{ ref('int_opportunities__amounts') }}
    where amount_number > 1
)

select
    opportunity_id,
    max(touched_on) as last_touch_on
from touches
group by opportunity_id
