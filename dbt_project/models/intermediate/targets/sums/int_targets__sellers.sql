-- Per judged day, period and metric: what the people of a team booked before (int_targets__past_bookings),
-- those who are in it on that day. team_id is '' for people without a team. A manager whose target contains
-- the team's is no part of it.
select
    spine.as_of,
    spine.period_type,
    spine.period_start,
    past.metric,
    coalesce(stays.team_id, '') as team_id,
    sum(past.amount) as amount
from {{ ref('int_targets__spine') }} as spine
inner join {{ ref('int_targets__past_bookings') }} as past
    on
        spine.period_type = past.period_type
        and spine.period_start = past.period_start
        and past.scope_type = 'rep'
inner join {{ ref('int_reps__history') }} as stays
    on
        past.scope_id = stays.rep_id
        and spine.knowledge_on between stays.covers_from and stays.covers_to
left join {{ ref('int_targets__team_totals') }} as team_totals
    on
        past.scope_id = team_totals.manager_id
        and past.period_type = team_totals.period_type
        and past.period_start = team_totals.period_start
        and past.metric = team_totals.metric
where
    team_totals.manager_id is null
    -- Who has left sells no more, whatever was sold before.
    and (stays.is_active or stays.valid_to is not null)
    and coalesce(stays.valid_to, cast('9999-12-31' as date)) >= spine.period_start
group by
    spine.as_of, spine.period_type, spine.period_start, past.metric, coalesce(stays.team_id, '')
