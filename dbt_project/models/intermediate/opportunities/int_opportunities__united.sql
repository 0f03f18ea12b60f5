-- One row per opportunity created by the as-of day: its current row, with people, customer, stage
-- and times in the company's terms. The columns called current_ may lie after the as-of day:
-- only the models of stage history may read them.
with deals as (
    {{ union_staging('opportunities') }}
),

-- One id in two sources is one deal; the record changed last stands. A deal that another source tells under
-- another id (int_opportunities__duplicates) does not count.
newest as (
    {{ newest_of('deals', 'opportunity_id', 'updated_at desc nulls last, _loaded_at desc, source') }}
),

resolved as (
    select
        newest.opportunity_id,
        newest.source,
        newest.opportunity_name,
        {{ account_of('newest.account_id') }} as account_id,
        {{ rep_of('newest.owner_id') }} as current_owner_id,
        {{ product_line_of('newest.product_line') }} as product_line,
        coalesce(newest.currency, '{{ var("currency") }}') as currency,
        newest.amount as current_amount,
        stages.stage as current_stage,
        stages.outcome as current_outcome,
        newest.expected_close_date as current_expected_close_on,
        newest.lost_reason,
        {{ to_company_time('newest.created_at') }} as recorded_created_at,
        {{ to_company_time('newest.closed_at') }} as current_closed_at,
        {{ to_company_time('newest.updated_at') }} as current_updated_at,
        {{ to_company_date('newest._loaded_at') }} as told_on
    from newest
    left join {{ ref('int_opportunities__duplicates') }} as duplicates
        on newest.opportunity_id = duplicates.opportunity_id
    left join {{ ref('int_stages__aliases') }} as stages
        on newest.source = stages.source and newest.stage = stages.source_stage
    {{ join_rep('newest.owner_id', 'newest.source') }}
    {{ join_account('newest.account_id') }}
    {{ join_product_line('newest.product_line') }}
    where duplicates.opportunity_id is null
),

-- A deal that was closed before its record was made (a CRM that was moved) is as old as its closing at least;
-- when it was created nobody knows.
begun as (
    select
        *,
        current_outcome in ('won', 'lost')
        and coalesce(cast(current_closed_at as date) < cast(recorded_created_at as date), false)
            as is_older_than_record,
        case
            when
                current_outcome in ('won', 'lost')
                and cast(current_closed_at as date) < cast(recorded_created_at as date)
                then current_closed_at
            else recorded_created_at
        end as created_at
    from resolved
)

select
    *,
    cast(created_at as date) as created_on
from begun
where cast(created_at as date) <= {{ as_of_date() }}
