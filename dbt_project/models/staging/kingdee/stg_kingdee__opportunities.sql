with deals as (
    {{ kingdee_current('opportunity', ref('stg_kingdee__opportunity_states')) }}
),

-- Where no date tells the closing: the end of the last phase. Else two loads may tell it
-- (stg_kingdee__observed_changes); the last edit of a deal closed before the first load says nothing.
phase_ends as (
    select
        source,
        parent_id,
        max(ended_at) as ended_at
    from ({{ kingdee_entries('opportunity_phase') }}) as phases
    group by source, parent_id
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
                then coalesce(deals.closed_at, phase_ends.ended_at)
        end as closed_at,
        coalesce(deals.modified_at, deals.created_at) as updated_at,
        ---------- bookkeeping
        deals.source,
        deals._loaded_at
    from deals
    left join phase_ends on deals.source = phase_ends.source and deals.id = phase_ends.parent_id
)

select * from renamed
