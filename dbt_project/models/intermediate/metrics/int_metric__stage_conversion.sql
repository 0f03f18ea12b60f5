-- Exits of open stages: forward (to a later stage or won) or lost. A step back is no
-- exit, nor is a move into a stage of another pipeline.
with events as (
    select
        exits.entered_on as event_on,
        exits.opportunity_id as record_id,
        exits.owner_id,
        exits.team_id,
        exits.region,
        exits.product_line,
        exits.previous_stage as dimension,
        case when exits.outcome = 'lost' then 0 else 1 end as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_opportunities__events') }} as exits
    where
        exits.previous_outcome = 'open'
        and (
            exits.outcome in ('won', 'lost')
            or (exits.pipeline = exits.previous_pipeline and exits.stage_order > exits.previous_order)
        )
),

{{ metric_rows('events', 'stage_conversion', 'share', 'deals', grid=false) }}
