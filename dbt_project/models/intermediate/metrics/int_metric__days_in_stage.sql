-- Finished stays in open stages, by the day they ended: median days. Stays still going on are not in
-- it, so a growing pile of old deals shows in stalled_share first.
with events as (
    select
        left_on as event_on,
        opportunity_id as record_id,
        owner_id,
        team_id,
        region,
        product_line,
        stage as dimension,
        {{ exact_days_between('entered_at', 'left_at') }} as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_opportunities__events') }}
    where outcome = 'open' and left_at is not null
),

{{ metric_rows('events', 'days_in_stage', 'median', 'deals', grid=false) }}
