with deals as (
    {{ kingdee_current('opportunity', ref('stg_kingdee__opportunity_states')) }}
),

-- Where no date tells the closing: the end of the last phase, else the edit with which it was first seen
-- closed.
phase_ends as (
    select
        source,
        parent_id,
        max(ended_at) as ended_at
    from ({{ kingdee_entries('opportunity_phase') }}) as phases
    group by source, parent_id
),

first_seen as (
    select
        source,
        id,
        closing_stage,
        min(coalesce(modified_at, _loaded_at)) as seen_at
    from {{ ref('stg_kingdee__opportunity_states') }}
    where closing_stage is not null
    group by source, id, closing_stage
),

renamed as (
    select
        ---------- ids
        deals.id as opportunity_id,
        deals.customer_number as account_id,
        deals.owner_id,
        ---------- text
        deals.name as opportunity_name,
        deals.product_line,
        deals.stage,
        case when deals.closing_stage != '赢单' then deals.lost_reason end as lost_reason,
        ---------- money
        deals.amount,
        deals.currency,
        ---------- dates
        deals.expected_on as expected_close_date,
        ---------- moments
        deals.created_at,
        case
            when deals.closing_stage is not null
                then coalesce(deals.closed_at, phase_ends.ended_at, first_seen.seen_at)
        end as closed_at,
        coalesce(deals.modified_at, deals.created_at) as updated_at,
        ---------- bookkeeping
        deals.source,
        deals._loaded_at
    from deals
    left join phase_ends on deals.source = phase_ends.source and deals.id = phase_ends.parent_id
    left join first_seen
        on
            deals.source = first_seen.source
            and deals.id = first_seen.id
            and deals.closing_stage = first_seen.closing_stage
)

select * from renamed
