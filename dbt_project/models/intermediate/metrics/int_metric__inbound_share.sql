-- Follow-ups in which the customer made the move, of those whose direction is known.
with single as (
    select
        activities.occurred_on as event_on,
        activities.activity_id as record_id,
        activities.owner_id,
        stays.team_id,
        stays.region,
        '' as dimension,
        case when activities.direction = 'inbound' then 1 else 0 end as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_activities__united') }} as activities
    left join {{ ref('int_reps__history') }} as stays
        on
            activities.owner_id = stays.rep_id
            and activities.occurred_on between stays.covers_from and stays.covers_to
    where activities.direction is not null
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

{{ metric_rows('events', 'inbound_share', 'share', 'activities', product_line=none) }}
