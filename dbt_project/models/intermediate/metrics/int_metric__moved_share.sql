-- Of the deals open at the start of the period, those that by its end (of the period that runs: by now) had
-- moved to a later stage of their pipeline or were closed, won or lost. Deals of the period itself are left
-- out: how many are created moves nothing. When stages take longer this falls within the first weeks, long
-- before a cycle is longer, which only finished deals show.
with open_before as (
    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        periods.closed_on,
        deals.opportunity_id,
        deals.opportunity_id as record_id,
        deals.owner_id,
        deals.team_id,
        deals.region,
        deals.product_line,
        stages.stage_order,
        stages.pipeline
    from {{ ref('int_metrics__periods') }} as periods
    inner join {{ ref('int_metrics__open_deals') }} as deals
        on deals.snapshot_on = {{ add_days('periods.period_start', -1) }}
    left join {{ ref('int_stages') }} as stages
        on deals.stage = stages.stage
    where periods.subject = 'deals'
),

events as (
    select
        open_before.*,
        case
            when later.opportunity_id is null then 1
            when stages.pipeline = open_before.pipeline and stages.stage_order > open_before.stage_order
                then 1
            else 0
        end as has_moved
    from open_before
    left join {{ ref('int_metrics__open_deals') }} as later
        on
            open_before.closed_on = later.snapshot_on
            and open_before.opportunity_id = later.opportunity_id
    left join {{ ref('int_stages') }} as stages
        on later.stage = stages.stage
),

{{ period_share_rows('events', 'moved_share', 'deals', 'has_moved') }}
