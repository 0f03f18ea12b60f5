-- Targets of people that may be a total of others' or a part of one, as known on the as-of day: all but those
-- known to contain others' (int_targets__team_totals). Somebody's word that one holds nobody else's
-- (includes_team: no) is believed: it is a part only.
select
    versions.period_type,
    versions.period_start,
    versions.metric,
    versions.scope_id as rep_id,
    versions.target_amount,
    versions.includes_team is null as may_be_total
from {{ ref('int_targets__versions') }} as versions
left join {{ ref('int_targets__team_totals') }} as team_totals
    on
        versions.scope_id = team_totals.manager_id
        and versions.period_type = team_totals.period_type
        and versions.period_start = team_totals.period_start
        and versions.metric = team_totals.metric
where
    versions.scope_type = 'rep'
    and versions.known_to is null
    and versions.known_from <= {{ as_of_date() }}
    and versions.target_amount > 0
    and team_totals.manager_id is null
