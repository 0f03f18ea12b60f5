-- One row per activity.
select
    activities.activity_id,
    activities.source,
    activities.activity_type,
    activities.direction,
    activities.opportunity_id,
    activities.account_id,
    activities.owner_id,
    reps.team_id,
    reps.region,
    activities.product_line,
    activities.occurred_at,
    activities.occurred_on
from {{ ref('int_activities__united') }} as activities
left join {{ ref('int_reps__history') }} as reps
    on
        activities.owner_id = reps.rep_id
        and activities.occurred_on between reps.covers_from and reps.covers_to
