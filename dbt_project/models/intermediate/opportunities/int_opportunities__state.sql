-- One row per opportunity known by the as-of day, in its state of that day. A closed deal keeps
-- the owner, team and region of the day it closed. created_on is null where the deal is older than its
-- record; closed_on where nobody knows when it closed (int_opportunities__undated).
with events as (
    select * from {{ ref('int_opportunities__events') }}
),

latest as (
    {{ newest_of('events', 'opportunity_id', 'event_number desc') }}
),

closes as (
    select * from events
    where is_close
),

last_closes as (
    {{ newest_of('closes', 'opportunity_id', 'event_number desc') }}
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
        bool_or(is_reopening) as was_reopened,
        min(entered_on) as begun_on
    from events
    group by opportunity_id
),

dated as (
    select
        deals.opportunity_id,
        deals.source,
        deals.opportunity_name,
        deals.account_id,
        deals.product_line,
        deals.currency,
        case
            when counts.begun_on >= deals.created_on and not deals.is_older_than_record then deals.created_on
        end as created_on,
        latest.stage,
        latest.stage_order,
        latest.outcome,
        latest.entered_on as stage_entered_on,
        now_segments.amount,
        now_segments.original_amount,
        pushes.expected_close_on,
        pushes.push_count,
        counts.event_count,
        counts.was_reopened,
        coalesce(last_closes.owner_id, now_segments.owner_id) as owner_id,
        case when last_closes.opportunity_id is null then now_segments.team_id else last_closes.team_id end
            as team_id,
        case when last_closes.opportunity_id is null then now_segments.region else last_closes.region end
            as region,
        last_closes.entered_on as closed_on,
        case
            when last_closes.opportunity_id is not null then coalesce(closings.closed_origin, 'stage_entry')
        end as closed_origin,
        -- The reason of a loss after the as-of day is not known yet.
        case
            when
                latest.outcome = 'lost'
                and coalesce(cast(closings.closed_at as date) <= {{ as_of_date() }}, true)
                then deals.lost_reason
        end as lost_reason
    from {{ ref('int_opportunities__united') }} as deals
    inner join latest on deals.opportunity_id = latest.opportunity_id
    left join last_closes
        on latest.opportunity_id = last_closes.opportunity_id and latest.outcome = last_closes.outcome
    left join {{ ref('int_opportunities__closings') }} as closings
        on deals.opportunity_id = closings.opportunity_id
    left join now_segments on deals.opportunity_id = now_segments.opportunity_id
    left join pushes on deals.opportunity_id = pushes.opportunity_id
    left join counts on deals.opportunity_id = counts.opportunity_id
)

select * from dated
union all
select
    opportunity_id,
    source,
    opportunity_name,
    account_id,
    product_line,
    currency,
    created_on,
    stage,
    stage_order,
    outcome,
    cast(null as date) as stage_entered_on,
    amount,
    original_amount,
    expected_close_on,
    cast(0 as bigint) as push_count,
    cast(0 as bigint) as event_count,
    false as was_reopened,
    owner_id,
    team_id,
    region,
    cast(null as date) as closed_on,
    case when outcome != 'excluded' then 'unknown' end as closed_origin,
    lost_reason
from {{ ref('int_opportunities__undated') }}
