-- One row per day, owner, team, region, product line, stage and expected close on which the open
-- pipeline changed, as signed differences at the end of the day. Adding them up gives the
-- pipeline of any day without a row per day and deal.
with segments as (
    select
        segments.*,
        deals.product_line,
        cast(segments.segment_from as date) as from_on,
        cast(segments.segment_to as date) as to_on
    from {{ ref('int_opportunities__segments') }} as segments
    inner join {{ ref('int_opportunities__united') }} as deals
        on segments.opportunity_id = deals.opportunity_id
    where segments.outcome = 'open'
),

-- Seen at the end of the day: a stretch that began and ended on one day was never seen.
seen as (
    select * from segments
    where to_on is null or to_on > from_on
),

-- Expected close dates change too; each version of it cuts the stretch.
promised as (
    select
        seen.*,
        case
            when versions.known_from > seen.segment_from then cast(versions.known_from as date)
            else seen.from_on
        end as open_from,
        case
            when versions.known_to < coalesce(seen.segment_to, cast('9999-12-31' as timestamp))
                then cast(versions.known_to as date)
            else seen.to_on
        end as open_to,
        versions.expected_close_on
    from seen
    inner join {{ ref('int_opportunities__versions') }} as versions
        on
            seen.opportunity_id = versions.opportunity_id
            and versions.known_from < coalesce(seen.segment_to, cast('9999-12-31' as timestamp))
            and seen.segment_from < versions.known_to
),

changes as (
    select
        *,
        open_from as changed_on,
        1 as direction
    from promised
    where open_to is null or open_to > open_from
    union all
    select
        *,
        open_to as changed_on,
        -1 as direction
    from promised
    where open_to > open_from
)

-- A date beyond the calendar lies in no quarter that anybody judges.
select
    changes.changed_on,
    changes.owner_id,
    changes.team_id,
    changes.region,
    changes.product_line,
    changes.stage,
    days.fiscal_quarter_start as due_quarter_start,
    days.fiscal_quarter_end as due_quarter_end,
    cast(sum(changes.direction) as bigint) as open_count,
    cast(sum(changes.direction * coalesce(changes.amount, 0)) as decimal(18, 2)) as open_amount
from changes
left join {{ ref('int_calendar__days') }} as days on changes.expected_close_on = days.date_day
group by
    changes.changed_on, changes.owner_id, changes.team_id, changes.region, changes.product_line,
    changes.stage, days.fiscal_quarter_start, days.fiscal_quarter_end
