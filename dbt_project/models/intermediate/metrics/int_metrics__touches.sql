-- Days on which something was done about an opportunity (an activity of either direction, a change of
-- stage or of amount), each with the next such day: so any past day finds its last touch.
with touches as (
    select
        opportunity_id,
        occurred_on as touched_on
    from {{ ref('int_activities__united') }}
    where opportunity_id is not null
    union
    select
        opportunity_id,
        entered_on as touched_on
    from {{ ref('int_opportunities__events') }}
    union
    select
        opportunity_id,
        cast(changed_at as date) as touched_on
    from {{ ref('int_opportunities__amounts') }}
    where amount_number > 1
)

select
    opportunity_id,
    touched_on,
    coalesce(
        lead(touched_on) over (partition by opportunity_id order by touched_on), cast('9999-12-31' as date)
    ) as next_touch_on
from touches
