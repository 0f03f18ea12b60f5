-- One row per stretch of time in which an opportunity had one owner and that owner one team.
-- Times are company time; held_to is exclusive; the stretches of a deal leave no gap.
with versions as (
    select * from {{ ref('int_opportunities__versions') }}
),

stays as (
    select
        rep_id,
        team_id,
        region,
        cast(covers_from as timestamp) as covers_from,
        case
            when covers_to = cast('9999-12-31' as date) then cast('9999-12-31' as timestamp)
            else cast({{ add_days('covers_to', 1) }} as timestamp)
        end as covers_until
    from {{ ref('int_reps__history') }}
)

select
    versions.opportunity_id,
    versions.owner_id,
    stays.team_id,
    stays.region,
    greatest(versions.known_from, stays.covers_from) as held_from,
    least(versions.known_to, stays.covers_until) as held_to
from versions
inner join stays
    on
        versions.owner_id = stays.rep_id
        and versions.known_from < stays.covers_until
        and versions.known_to > stays.covers_from
