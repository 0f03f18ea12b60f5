-- Targets of people that may contain others': one that equals, to half a percent and in two periods or more,
-- what two or more others of the team, or all others of the company, have together. Nothing is left out of a
-- sum for such a suspicion; it is told. Managers known to contain theirs are int_targets__team_totals.
with latest as (
    select
        versions.period_type,
        versions.period_start,
        versions.metric,
        versions.scope_id as rep_id,
        versions.target_amount,
        coalesce(stays.team_id, '') as team_id
    from {{ ref('int_targets__versions') }} as versions
    inner join {{ ref('int_reps__history') }} as stays
        on
            versions.scope_id = stays.rep_id
            and versions.period_end between stays.covers_from and stays.covers_to
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
        and team_totals.manager_id is null
        -- Where somebody said yes or no there is nothing to suspect.
        and versions.includes_team is null
),

beside as (
    select
        *,
        sum(target_amount) over (partition by period_type, period_start, metric, team_id)
        - target_amount as team_amount,
        count(*) over (partition by period_type, period_start, metric, team_id) - 1 as team_others,
        sum(target_amount) over (partition by period_type, period_start, metric)
        - target_amount as company_amount,
        count(*) over (partition by period_type, period_start, metric) - 1 as company_others
    from latest
),

matched as (
    select
        *,
        team_id != ''
        and team_others >= 2
        and abs(target_amount - team_amount) <= 0.005 * team_amount as is_team_total,
        company_others >= 2
        and abs(target_amount - company_amount) <= 0.005 * company_amount as is_company_total
    from beside
    where target_amount > 0
),

counted as (
    select
        *,
        count(*) over (partition by period_type, metric, rep_id, is_team_total, is_company_total) as periods
    from matched
)

select
    period_type,
    period_start,
    metric,
    rep_id,
    target_amount,
    case when is_team_total then team_amount else company_amount end as people_target,
    case when is_team_total then team_others else company_others end as people_count
from counted
where periods >= 2 and (is_team_total or is_company_total)
