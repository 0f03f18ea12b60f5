-- A failing row is a stage in which open deals and today's pipeline differ.
with deals as (
    select
        stage,
        count(*) as open_count,
        sum(coalesce(amount, 0)) as open_amount
    from {{ ref('fct_opportunities') }}
    where outcome = 'open'
    group by stage
),

pipeline as (
    select
        stage,
        open_count,
        open_amount
    from {{ ref('fct_pipeline_daily') }}
    where date_day = {{ as_of_date() }} and scope_type = 'company'
)

select
    coalesce(deals.stage, pipeline.stage) as stage,
    deals.open_count as deals_count,
    pipeline.open_count as pipeline_count,
    deals.open_amount as deals_amount,
    pipeline.open_amount as pipeline_amount
from deals
full outer join pipeline on deals.stage = pipeline.stage
where
    coalesce(deals.open_count, 0) != coalesce(pipeline.open_count, 0)
    or coalesce(deals.open_amount, 0) != coalesce(pipeline.open_amount, 0)
