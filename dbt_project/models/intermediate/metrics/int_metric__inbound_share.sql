-- Follow-ups in which the customer made the move, of those whose direction is known.
with events as (
    select
        activities.occurred_on as event_on,
        activities.owner_id,
        stays.team_id,
        stays.region,
        '' as dimension,
        sum(case when activities.direction = 'inbound' then 1 else 0 end) as numerator,
        count(*) as denominator,
        count(*) as cases
    from {{ ref('int_activities__united') }} as activities
    left join {{ ref('int_reps__history') }} as stays
        on
            activities.owner_id = stays.rep_id
            and activities.occurred_on between stays.covers_from and stays.covers_to
    where activities.direction is not null
    group by activities.occurred_on, activities.owner_id, stays.team_id, stays.region
),

{{ metric_rows('events', 'inbound_share', 'share', 'activities', product_line=none) }}
