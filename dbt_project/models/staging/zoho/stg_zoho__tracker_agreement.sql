-- The tracker decides about past stages, so it has to end where the deal stands. If many deals
-- disagree, the meaning of its times (option history_time) is the first thing to doubt.
with deals as (
    {{ zoho_current('deals') }}
),

last_entries as (
    select
        source,
        opportunity_id,
        max_by(to_stage, changed_at) as tracked_stage
    from {{ ref('stg_zoho__stage_history') }}
    group by source, opportunity_id
)

select
    deals.source,
    deals.id as opportunity_id,
    deals.stage,
    last_entries.tracked_stage
from deals
inner join last_entries on deals.source = last_entries.source and deals.id = last_entries.opportunity_id
