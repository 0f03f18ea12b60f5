-- One row per opportunity known by the as-of day, in its state of that day. A closed deal keeps
-- the owner, team and region of the day it closed.
with latest as (
    {{ newest_of(ref('int_opportunities__events'), 'opportunity_id', 'event_number desc') }}
),

now_segments as (
    select * from {{ ref('int_opportunities__segments') }}
    where segment_to is null
),

pushes as (
    select
        opportunity_id,
        max_by(expected_close_on, version_number) as expected_close_on,
        cast(count_if(is_push) as bigint) as push_count
    from {{ ref('int_opportunities__versions') }}
    group by opportunity_id
),

counts as (
    select
        opportunity_id,
        count(*) as event_count,
        bool_or(is_reopening) as was_reopened
    from {{ ref('int_opportunities__events') }}
    group by opportunity_id
)

select
    deals.opportunity_id,
    deals.source,
    deals.opportunity_name,
    deals.account_id,
    deals.product_line,
    deals.currency,
    deals.created_at,
    deals.created_on,
    latest.stage,
    latest.stage_order,
    latest.outcome,
    latest.event_number,
    latest.entered_at as stage_entered_at,
    latest.entered_on as stage_entered_on,
    now_segments.amount,
    now_segments.original_amount,
    pushes.expected_close_on,
    pushes.push_count,
    counts.event_count,
    counts.was_reopened,
    case when latest.outcome = 'open' then now_segments.owner_id else latest.owner_id end as owner_id,
    case when latest.outcome = 'open' then now_segments.team_id else latest.team_id end as team_id,
    case when latest.outcome = 'open' then now_segments.region else latest.region end as region,
    case when latest.outcome != 'open' then latest.entered_at end as closed_at,
    case when latest.outcome != 'open' then latest.entered_on end as closed_on,
    -- The reason of a loss after the as-of day is not known yet.
    case
        when
            latest.outcome = 'lost'
            and coalesce(cast(deals.current_closed_at as date) <= {{ as_of_date() }}, true)
            then deals.lost_reason
    end as lost_reason
from {{ ref('int_opportunities__united') }} as deals
inner join latest on deals.opportunity_id = latest.opportunity_id
left join now_segments on deals.opportunity_id = now_segments.opportunity_id
left join pushes on deals.opportunity_id = pushes.opportunity_id
left join counts on deals.opportunity_id = counts.opportunity_id
