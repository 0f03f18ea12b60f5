-- One row per stretch of time in which owner and expected close of an opportunity stayed the same,
-- as far as earlier versions of its record are known. Before the first version that version stands in;
-- a source without versions gives one row. Times are company time; known_to is exclusive; changed_at is
-- the moment of the version itself, also for the first.
with deals as (
    select * from {{ ref('int_opportunities__united') }}
),

versions as (
    {{ union_staging('opportunity_versions') }}
),

resolved as (
    select
        versions.opportunity_id,
        versions.source,
        {{ rep_of('versions.owner_id') }} as owner_id,
        versions.expected_close_date as expected_close_on,
        versions.amount,
        {{ to_company_time('versions.changed_at') }} as changed_at
    from versions
    {{ join_rep('versions.owner_id', 'versions.source') }}
),

dated as (
    select
        deals.opportunity_id,
        coalesce(resolved.owner_id, deals.current_owner_id) as owner_id,
        case
            when resolved.opportunity_id is null then deals.current_expected_close_on
            else resolved.expected_close_on
        end as expected_close_on,
        resolved.amount,
        coalesce(resolved.changed_at, deals.created_at) as changed_at,
        resolved.opportunity_id is not null as is_recorded
    from deals
    left join resolved
        on
            deals.opportunity_id = resolved.opportunity_id
            -- The record that stands has its own past, not that of its double in another source.
            and deals.source = resolved.source
            and cast(resolved.changed_at as date) <= {{ as_of_date() }}
),

numbered as (
    select
        *,
        row_number()
            over (partition by opportunity_id order by changed_at, expected_close_on)
            as version_number,
        lag(expected_close_on) over (
            partition by opportunity_id order by changed_at, expected_close_on
        ) as previous_close_on,
        lead(changed_at) over (partition by opportunity_id order by changed_at, expected_close_on) as known_to
    from dated
)

select
    opportunity_id,
    version_number,
    owner_id,
    expected_close_on,
    previous_close_on,
    amount,
    is_recorded,
    changed_at,
    case when version_number = 1 then cast('1900-01-01' as timestamp) else changed_at end as known_from,
    coalesce(known_to, cast('9999-12-31' as timestamp)) as known_to,
    coalesce(expected_close_on > previous_close_on, false) as is_push
from numbered
