-- What the company's own finished periods teach about the rest of a period, by period type and part:
-- pipeline_yield: booked in the rest from deals known on the judged day / the amount expected of them,
-- with one more period of yield 1 counted in, so that a single earlier period cannot say too much;
-- new_share: booked in the rest from what did not exist on that day / the period's final amount.
-- Each row looks at earlier periods only, and at those with an expectation. Revenue alone.
with weekly as (
    select
        bookings.as_of,
        bookings.period_type,
        bookings.period_start,
        bookings.period_end,
        bookings.part,
        bookings.actual_amount,
        pipeline.expected_amount
    from {{ ref('int_targets__bookings') }} as bookings
    left join {{ ref('int_targets__due_pipeline') }} as pipeline
        on
            bookings.as_of = pipeline.as_of
            and bookings.period_type = pipeline.period_type
            and bookings.period_start = pipeline.period_start
            and pipeline.scope_type = 'company'
    where bookings.scope_type = 'company' and bookings.metric = 'revenue' and bookings.part is not null
),

deals as (
    select
        events.credited_on,
        events.voided_on,
        events.amount,
        opportunities.created_on
    from {{ ref('int_targets__credit_events') }} as events
    left join {{ ref('int_opportunities__united') }} as opportunities
        on events.opportunity_id = opportunities.opportunity_id
    where events.metric = 'revenue'
),

finished as (
    select
        weekly.as_of,
        weekly.period_type,
        weekly.period_start,
        weekly.part,
        weekly.expected_amount,
        sum(deals.amount) as rest_amount,
        sum(case when deals.created_on <= weekly.as_of then deals.amount else 0 end) as known_amount
    from weekly
    cross join {{ ref('int_targets__data_span') }} as span
    inner join deals
        on
            weekly.as_of < deals.credited_on
            and weekly.period_end >= deals.credited_on
            and (deals.voided_on is null or weekly.period_end < deals.voided_on)
    where
        weekly.period_end <= span.as_of
        and weekly.period_start >= span.data_start
        and weekly.expected_amount > 0
    group by weekly.as_of, weekly.period_type, weekly.period_start, weekly.part, weekly.expected_amount
),

by_part as (
    select
        weekly.period_type,
        weekly.period_start,
        weekly.part,
        cast(sum(finished.known_amount) as double) as known_amount,
        cast({{ exact_sum('finished.expected_amount') }} as double) as expected_amount,
        cast(sum(finished.rest_amount - finished.known_amount) as double) as new_amount,
        cast(sum(
            case when finished.as_of is not null then weekly.actual_amount + finished.rest_amount end
        ) as double) as final_amount
    from weekly
    left join finished
        on
            weekly.as_of = finished.as_of
            and weekly.period_type = finished.period_type
            and weekly.period_start = finished.period_start
    group by weekly.period_type, weekly.period_start, weekly.part
),

learned as (
    select
        period_type,
        period_start,
        part,
        sum(known_amount) over earlier as known_amount,
        sum(expected_amount) over earlier as expected_amount,
        {{ safe_divide('sum(new_amount) over earlier', 'sum(final_amount) over earlier') }} as new_share,
        count(final_amount) over earlier as periods_seen
    from by_part
    window earlier as (
        partition by period_type, part
        order by period_start
        rows between unbounded preceding and 1 preceding
    )
)

select
    period_type,
    period_start,
    part,
    {{ safe_divide(
        'known_amount * periods_seen + expected_amount', 'expected_amount * (periods_seen + 1)'
    ) }} as pipeline_yield,
    new_share,
    periods_seen
from learned
