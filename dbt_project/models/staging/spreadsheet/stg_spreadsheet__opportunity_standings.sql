-- Per deal of the sheets and moment at which any file said something new about it: the row that stood from
-- then on. A deal in several files: the newest row, as in stg_spreadsheet__opportunities.
with runs as (
    select * from {{ ref('stg_spreadsheet__opportunity_loads') }}
),

moments as (
    select
        source,
        opportunity_id,
        told_from as seen_at
    from runs
    union
    select
        source,
        opportunity_id,
        told_to as seen_at
    from runs
),

told as (
    select
        runs.*,
        moments.seen_at
    from moments
    inner join runs
        on
            moments.source = runs.source
            and moments.opportunity_id = runs.opportunity_id
            and moments.seen_at >= runs.told_from
            and moments.seen_at < runs.told_to
),

standing as (
    {{ newest_of(
        'told', 'source, opportunity_id, seen_at',
        'updated_at desc nulls last, told_last desc, _file desc, _address'
    ) }}
)

select * from standing
