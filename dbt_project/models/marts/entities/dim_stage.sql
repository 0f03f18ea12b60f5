-- One row per stage of the company's funnel.
select
    stage,
    stage_order,
    outcome,
    pipeline,
    is_mapped
from {{ ref('int_stages') }}
