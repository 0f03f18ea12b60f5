-- People whose own target contains others': marked so (includes_team), or, where nobody said, at least 95 %
-- of the sum of the targets of two or more people who report to them. It is shown, but never added.
with latest as (
    select
        period_type,
        period_start,
        period_end,
        scope_id as rep_id,
        metric,
        target_amount,
        includes_team,
        row_number() over (
            partition by period_type, period_start, scope_id, metric order by version_number desc
        ) as newest_first
    from {{ ref('int_targets__versions') }}
    where scope_type = 'rep'
),

people as (
    select
        latest.period_type,
        latest.period_start,
        latest.metric,
        history.manager_id,
        latest.rep_id,
        max(latest.target_amount) as target_amount
    from latest
    inner join {{ ref('int_reps__history') }} as history
        on
            latest.rep_id = history.rep_id
            and latest.period_end >= history.valid_from
            and latest.period_start <= coalesce(history.valid_to, cast('9999-12-31' as date))
    where latest.newest_first = 1 and history.manager_id is not null
    group by latest.period_type, latest.period_start, latest.metric, history.manager_id, latest.rep_id
),

teams as (
    select
        period_type,
        period_start,
        metric,
        manager_id,
        count(*) as people_count,
        sum(target_amount) as people_target
    from people
    where manager_id != rep_id
    group by period_type, period_start, metric, manager_id
)

select
    latest.period_type,
    latest.period_start,
    latest.metric,
    latest.rep_id as manager_id,
    teams.people_count,
    teams.people_target,
    latest.target_amount as manager_target
from latest
left join teams
    on
        latest.period_type = teams.period_type
        and latest.period_start = teams.period_start
        and latest.metric = teams.metric
        and latest.rep_id = teams.manager_id
where
    latest.newest_first = 1
    and (
        latest.includes_team
        or latest.includes_team is null
        and teams.people_count >= 2
        and latest.target_amount >= 0.95 * teams.people_target
    )
