-- Every version of an opportunity that a load has read, with the stage it stood in: the state that
-- closes it, the phase in its head, else its current phase of the same load. A sale method lists all
-- phases from the start, so one that has not begun is none yet.
with phases as (
    select
        *,
        row_number() over (
            partition by source, parent_id, _loaded_at
            order by
                case when is_current then 0 else 1 end,
                started_at desc nulls last,
                seq desc nulls last,
                id desc
        ) as phase_rank
    from {{ source('raw', 'kingdee__opportunity_phase') }}
    where is_current or started_at is not null or ended_at is not null
),

salesmen as (
    select * from {{ ref('stg_kingdee__salesmen') }}
),

judged as (
    select
        *,
        {{ kingdee_closing_stage('document_status', 'close_status') }} as closing_stage
    from {{ source('raw', 'kingdee__opportunity') }}
),

joined as (
    select
        ---------- ids
        judged.id,
        judged.customer_number,
        {{ kingdee_person('judged.owner_number') }} as owner_id,
        ---------- text
        coalesce(judged.name, judged.bill_no) as name,
        judged.product_line,
        coalesce(judged.closing_stage, judged.stage, phases.stage, '执行中') as stage,
        judged.closing_stage,
        judged.lost_reason,
        ---------- money
        cast(judged.amount as decimal(18, 2)) as amount,
        upper(judged.currency) as currency,
        ---------- dates
        judged.expected_on,
        ---------- moments
        judged.created_at,
        judged.modified_at,
        case
            when judged.closing_stage = '赢单' then coalesce(judged.won_at, judged.closed_at)
            when judged.closing_stage is not null then judged.closed_at
        end as closed_at,
        ---------- bookkeeping
        judged.source,
        judged._loaded_at
    from judged
    left join phases
        on
            judged.source = phases.source
            and judged.id = phases.parent_id
            and judged._loaded_at = phases._loaded_at
            and phases.phase_rank = 1
    left join salesmen
        on judged.source = salesmen.source and judged.owner_number = salesmen.salesman_number
)

select * from joined
