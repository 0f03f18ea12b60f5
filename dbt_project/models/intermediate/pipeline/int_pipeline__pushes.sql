-- One row per change of the expected close of an open deal over the edge of a fiscal quarter, by
-- the recorded versions of the deal: pushed out of the quarter in which the change was made, or
-- pulled into it, with the deal's amount at that moment. Empty for sources without versions.
with changes as (
    select
        versions.opportunity_id,
        versions.known_from as moved_at,
        cast(versions.known_from as date) as moved_on,
        versions.previous_close_on as old_close,
        versions.expected_close_on as new_close,
        days.fiscal_quarter_start as this_quarter,
        days.fiscal_quarter_end as this_quarter_end
    from {{ ref('int_opportunities__versions') }} as versions
    inner join {{ ref('int_calendar__days') }} as days on cast(versions.known_from as date) = days.date_day
    where versions.version_number > 1
)

select
    changes.opportunity_id,
    changes.moved_at,
    changes.moved_on,
    deals.product_line,
    segments.owner_id,
    segments.team_id,
    segments.region,
    case when changes.new_close > changes.this_quarter_end then 'pushed_out' else 'pulled_in' end as kind,
    coalesce(segments.amount, 0) as amount
from changes
inner join {{ ref('int_opportunities__united') }} as deals
    on changes.opportunity_id = deals.opportunity_id
inner join {{ ref('int_opportunities__segments') }} as segments
    on
        changes.opportunity_id = segments.opportunity_id
        and changes.moved_at >= segments.segment_from
        and (changes.moved_at < segments.segment_to or segments.segment_to is null)
where
    segments.outcome = 'open'
    and (
        changes.old_close <= changes.this_quarter_end and changes.new_close > changes.this_quarter_end
        or changes.old_close > changes.this_quarter_end
        and changes.new_close between changes.this_quarter and changes.this_quarter_end
    )
