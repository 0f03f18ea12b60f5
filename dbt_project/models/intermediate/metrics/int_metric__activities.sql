-- Every follow-up, of either direction, credited to the owner on the day it took place.
with events as (
    select
        activities.occurred_on as event_on,
        activities.owner_id,
        stays.team_id,
        stays.region,
        '' as dimension,
        count(*) as numerator,
        0 as denominator,
        count(*) as cases
    from {{ ref('int_activities__united') }} as activities
    left join {{ ref('int_reps__history') }} as stays
        on
            activities.owner_id = stays.rep_id
            and activities.occurred_on between stays.covers_from and stays.covers_to
    group by activities.occurred_on, activities.owner_id, stays.team_id, stays.region
),

{{ metric_rows('events', 'activities', 'count', 'activities', product_line=none) }}
