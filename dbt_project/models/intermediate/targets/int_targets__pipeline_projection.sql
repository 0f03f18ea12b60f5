-- The second opinion on a running revenue period: booked so far, plus what the open pipeline is expected to
-- bring by its end, plus what usually comes from deals that do not exist yet. Null until one earlier
-- period of that type has been seen through. pipeline_variance: of the pipeline's part of it.
with expected as (
    select
        bookings.as_of,
        bookings.period_type,
        bookings.period_start,
        bookings.scope_type,
        bookings.scope_id,
        bookings.metric,
        cast(bookings.actual_amount as double) as actual,
        coalesce(pipeline.due_amount, 0) as due_amount,
        coalesce(pipeline.due_weighted_amount, 0) as due_weighted_amount,
        yields.pipeline_yield * coalesce(pipeline.expected_amount, 0) as known_amount,
        yields.pipeline_yield * yields.pipeline_yield * coalesce(pipeline.expected_variance, 0)
            as pipeline_variance,
        yields.new_share * cast(coalesce(bookings.target_amount, spread.period_amount) as double)
            as new_amount
    from {{ ref('int_targets__bookings') }} as bookings
    left join {{ ref('int_targets__due_pipeline') }} as pipeline
        on {{ same_target('bookings', 'pipeline', without=['metric']) }}
    left join {{ ref('int_targets__yields') }} as yields
        on
            bookings.period_type = yields.period_type
            and bookings.period_start = yields.period_start
            and bookings.part = yields.part
            and yields.periods_seen >= 1
    left join {{ ref('int_targets__spread') }} as spread
        on {{ same_target('bookings', 'spread', without=['as_of']) }}
    where bookings.metric = 'revenue' and bookings.is_running
)

select
    as_of,
    period_type,
    period_start,
    scope_type,
    scope_id,
    metric,
    cast(due_amount as decimal(18, 2)) as open_pipeline_amount,
    cast(round(due_weighted_amount, 2) as decimal(18, 2)) as weighted_pipeline_amount,
    cast(round(known_amount, 2) as decimal(18, 2)) as expected_pipeline_amount,
    pipeline_variance,
    cast(round(new_amount, 2) as decimal(18, 2)) as expected_new_amount,
    cast(round(actual + known_amount + new_amount, 2) as decimal(18, 2)) as projected_from_pipeline
from expected
