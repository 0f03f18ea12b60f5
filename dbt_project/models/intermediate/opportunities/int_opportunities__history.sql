-- One row per recorded change of a known opportunity, whole history (not cut by the as-of day):
-- canonical stages, company time, and its place in the order of the opportunity's changes.
with changes as (
    {{ union_staging('stage_history') }}
),

newest as (
    {{ newest_of('changes', 'event_id', '_loaded_at desc, source') }}
),

mapped as (
    select
        newest.event_id,
        newest.opportunity_id,
        from_stages.stage as from_stage,
        to_stages.stage as to_stage,
        to_stages.stage_order,
        {{ to_company_time('newest.changed_at') }} as changed_at,
        newest.amount
    from newest
    inner join {{ ref('int_opportunities__united') }} as deals
        on newest.opportunity_id = deals.opportunity_id
    left join {{ ref('int_stages__aliases') }} as from_stages
        on newest.source = from_stages.source and newest.from_stage = from_stages.source_stage
    left join {{ ref('int_stages__aliases') }} as to_stages
        on newest.source = to_stages.source and newest.to_stage = to_stages.source_stage
)

-- Changes at one moment (sources that record days only) stand in the order of the stages.
select
    *,
    row_number() over (
        partition by opportunity_id order by changed_at, stage_order, event_id
    ) as change_number,
    count(*) over (partition by opportunity_id) as changes
from mapped
