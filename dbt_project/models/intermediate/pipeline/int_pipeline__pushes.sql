-- One row per change of the expected close of an open deal over the edge of a fiscal quarter, by
-- the recorded versions of the deal: pushed out of the quarter in which the change was made, or
-- pulled into it, with the deal's amount at that moment. Empty for sources without versions.
with changes as (
    select
        versions.opportunity_id,
        versions.known_from as moved_at,
        cast(versions.known_from as date) as moved_on,
        {{ fiscal_start('versions.previous_close_on', 'quarter') }} as old_quarter,
        {{ fiscal_start('versions.expected_close_on', 'quarter') }} as new_quarter,
        {{ fiscal_start('cast(versions.known_from as date)', 'quarter') }} as this_quarter
    from {{ ref('int_opportunities__versions') }} as versions
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
    case when changes.new_quarter > changes.this_quarter then 'pushed_out' else 'pulled_in' end as kind,
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
        changes.old_quarter <= changes.this_quarter and changes.new_quarter > changes.this_quarter
        or changes.old_quarter > changes.this_quarter and changes.new_quarter = changes.this_quarter
    )
