-- One row per activity that took place by the as-of day, in the company's terms. An activity that
-- names only its opportunity counts for that opportunity's customer as well.
with activities as (
    {{ union_staging('activities') }}
),

newest as (
    {{ newest_of('activities', 'activity_id', '_loaded_at desc, source') }}
),

resolved as (
    select
        newest.activity_id,
        newest.source,
        newest.activity_type,
        newest.direction,
        coalesce(doubles.kept_opportunity_id, newest.opportunity_id) as opportunity_id,
        coalesce({{ account_of('newest.account_id') }}, deals.account_id) as account_id,
        {{ rep_of('newest.owner_id') }} as owner_id,
        deals.product_line,
        {{ to_company_time('newest.occurred_at') }} as occurred_at,
        {{ to_company_date('newest.occurred_at') }} as occurred_on,
        deals.opportunity_id is not null as has_known_opportunity
    from newest
    left join {{ ref('int_opportunities__duplicates') }} as doubles
        on newest.opportunity_id = doubles.opportunity_id
    left join {{ ref('int_opportunities__united') }} as deals
        on coalesce(doubles.kept_opportunity_id, newest.opportunity_id) = deals.opportunity_id
    {{ join_rep('newest.owner_id', 'newest.source') }}
    {{ join_account('newest.account_id') }}
)

select * from resolved
where occurred_on <= {{ as_of_date() }}
