-- Targets of people that may contain others': one that equals, to half a percent and in two periods or more,
-- what two or more others have together: those of the team, of the team and all teams below it, those who
-- report to the person up to three levels down, or all of the company. Level by level: who was suspected on
-- one is no part of what is added on the next, or a director's target would be compared with the managers'
-- and their people's. Nothing is left out of a sum for such a suspicion; it is told.
with
{%- for level in [1, 2, 3] %}
{%- set before = ref('int_targets__comparable') if level == 1 else 'level_' ~ (level - 1) %}
-- By amount, since of two parts or more none is the whole: another of the same amount is another such total.
circle_amounts_{{ level }} as (
    select
        circles.rep_id,
        circles.circle,
        parts.period_type,
        parts.period_start,
        parts.metric,
        parts.target_amount,
        sum(parts.target_amount) as people_target,
        count(*) as people_count
    from {{ ref('int_targets__circles') }} as circles
    inner join {{ before }} as parts on circles.member_id = parts.rep_id
    group by
        circles.rep_id, circles.circle, parts.period_type, parts.period_start, parts.metric,
        parts.target_amount
),

compared_{{ level }} as (
    select
        wholes.period_type,
        wholes.period_start,
        wholes.metric,
        wholes.rep_id,
        wholes.target_amount,
        parts.circle,
        sum(parts.people_target) as people_target,
        sum(parts.people_count) as people_count
    from {{ before }} as wholes
    inner join circle_amounts_{{ level }} as parts
        on
            {{ same_target('wholes', 'parts', without=['as_of', 'scope_type', 'scope_id']) }}
            and wholes.rep_id = parts.rep_id
    where wholes.may_be_total and wholes.target_amount != parts.target_amount
    group by
        wholes.period_type, wholes.period_start, wholes.metric, wholes.rep_id, wholes.target_amount,
        parts.circle
    union all
    select
        period_type,
        period_start,
        metric,
        rep_id,
        target_amount,
        'company' as circle,
        all_amount - same_amount as people_target,
        all_count - same_count as people_count
    from (
        select
            *,
            sum(target_amount) over (partition by period_type, period_start, metric) as all_amount,
            count(*) over (partition by period_type, period_start, metric) as all_count,
            sum(target_amount) over (partition by period_type, period_start, metric, target_amount)
                as same_amount,
            count(*) over (partition by period_type, period_start, metric, target_amount) as same_count
        from {{ before }}
    ) as everybody
    where may_be_total
),

matched_{{ level }} as (
    select
        *,
        count(*) over (partition by period_type, metric, rep_id, circle) as periods
    from compared_{{ level }}
    where people_count >= 2 and abs(target_amount - people_target) <= 0.005 * people_target
),

level_{{ level }} as (
    select rest.*
    from {{ before }} as rest
    where not exists (
        select 1 from matched_{{ level }} as suspected
        where
            suspected.periods >= 2
            and rest.period_type = suspected.period_type
            and rest.metric = suspected.metric
            and rest.rep_id = suspected.rep_id
    )
),
{%- endfor %}

suspected as (
    {%- for level in [1, 2, 3] %}
    select
        *,
        {{ level }} as found_on
    from matched_{{ level }}
    where periods >= 2
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by period_type, period_start, metric, rep_id order by found_on, people_count, circle
        ) as choice
    from suspected
)

select
    period_type,
    period_start,
    metric,
    rep_id,
    target_amount,
    people_target,
    cast(people_count as bigint) as people_count
from ranked
where choice = 1
