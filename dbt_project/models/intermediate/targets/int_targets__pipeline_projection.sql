-- The second opinion on a running revenue period: booked so far, plus what the open pipeline has
-- usually brought, plus what usually comes from deals that do not exist yet. Null until two earlier
-- periods of that type have been seen through.
select
    bookings.as_of,
    bookings.period_type,
    bookings.period_start,
    bookings.scope_type,
    bookings.scope_id,
    bookings.metric,
    cast(coalesce(pipeline.due_amount, 0) as decimal(18, 2)) as open_pipeline_amount,
    cast(round(coalesce(pipeline.due_weighted_amount, 0), 2) as decimal(18, 2)) as weighted_pipeline_amount,
    case
        when yields.periods_seen >= 2
            then cast(round(
                yields.new_share * cast(coalesce(bookings.target_amount, spread.period_amount) as double), 2
            ) as decimal(18, 2))
    end as expected_new_amount,
    case
        when yields.periods_seen >= 2
            then cast(round(
                cast(bookings.actual_amount as double)
                + coalesce(yields.pipeline_yield, 1.0) * coalesce(pipeline.weighted_amount, 0)
                + yields.new_share * cast(coalesce(bookings.target_amount, spread.period_amount) as double), 2
            ) as decimal(18, 2))
    end as projected_from_pipeline
from {{ ref('int_targets__bookings') }} as bookings
left join {{ ref('int_targets__due_pipeline') }} as pipeline
    on
        bookings.as_of = pipeline.as_of
        and bookings.period_type = pipeline.period_type
        and bookings.period_start = pipeline.period_start
        and bookings.scope_type = pipeline.scope_type
        and bookings.scope_id = pipeline.scope_id
left join {{ ref('int_targets__yields') }} as yields
    on
        bookings.period_type = yields.period_type
        and bookings.period_start = yields.period_start
        and bookings.part = yields.part
left join {{ ref('int_targets__spread') }} as spread
    on
        bookings.period_type = spread.period_type
        and bookings.period_start = spread.period_start
        and bookings.metric = spread.metric
        and bookings.scope_type = spread.scope_type
        and bookings.scope_id = spread.scope_id
where bookings.metric = 'revenue' and bookings.is_running
