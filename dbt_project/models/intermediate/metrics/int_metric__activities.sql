-- Every follow-up, of either direction, credited to the owner on the day it took place.
with single as (
    select
        activities.occurred_on as event_on,
        activities.activity_id as record_id,
        activities.owner_id,
        stays.team_id,
        stays.region,
        '' as dimension,
        1 as numerator,
        0 as denominator,
        1 as cases
    from {{ ref('int_activities__united') }} as activities
    left join {{ ref('int_reps__history') }} as stays
        on
            activities.owner_id = stays.rep_id
            and activities.occurred_on between stays.covers_from and stays.covers_to
),

-- Summed first: an activity counts for four scopes.
events as (
    select
        event_on,
        owner_id,
        team_id,
        region,
        dimension,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(cases) as cases
    from single
    group by event_on, owner_id, team_id, region, dimension
),

{{ metric_rows('events', 'activities', 'count', 'activities', product_line=none) }}
