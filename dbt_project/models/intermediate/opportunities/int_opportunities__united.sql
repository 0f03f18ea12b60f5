-- One row per opportunity created by the as-of day: its current row, with people, customer, stage
-- and times in the company's terms. The columns called current_ may lie after the as-of day:
-- only the models of stage history may read them.
with deals as (
    {{ union_staging('opportunities') }}
),

-- One id in two sources is one deal; the record changed last stands.
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
        newest.product_line,
        coalesce(newest.currency, '{{ var("currency") }}') as currency,
        newest.amount as current_amount,
        stages.stage as current_stage,
        stages.outcome as current_outcome,
        newest.expected_close_date as current_expected_close_on,
        newest.lost_reason,
        {{ to_company_time('newest.created_at') }} as created_at,
        {{ to_company_date('newest.created_at') }} as created_on,
        {{ to_company_time('newest.closed_at') }} as current_closed_at,
        {{ to_company_time('newest.updated_at') }} as current_updated_at
    from newest
    left join {{ ref('int_stages__aliases') }} as stages
        on newest.source = stages.source and newest.stage = stages.source_stage
    {{ join_rep('newest.owner_id', 'newest.source') }}
    {{ join_account('newest.account_id') }}
)

select * from resolved
where created_on <= {{ as_of_date() }}
