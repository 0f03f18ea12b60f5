-- Targets of people that may contain others': one that equals, to half a percent and in two periods or more,
-- what two or more others have together: those of the team, of the team and all teams below it, those who
-- report to the person up to three levels down, or all of the company. Level by level: who was suspected on
-- one is no part of what is added on the next, or a director's target would be compared with the managers'
-- and their people's. Nothing is left out of a sum for such a suspicion; it is told.
with level_0 as (
    select * from {{ ref('int_targets__comparable') }}
),

{%- for level in [1, 2, 3] %}

compared_{{ level }} as (
    select
        wholes.period_type,
        wholes.period_start,
        wholes.metric,
        wholes.rep_id,
        wholes.target_amount,
        circles.circle,
        sum(parts.target_amount) as people_target,
        count(*) as people_count
    from level_{{ level - 1 }} as wholes
    inner join {{ ref('int_targets__circles') }} as circles on wholes.rep_id = circles.rep_id
    inner join level_{{ level - 1 }} as parts
        on
            wholes.period_type = parts.period_type
            and wholes.period_start = parts.period_start
            and wholes.metric = parts.metric
            and circles.member_id = parts.rep_id
    -- Of two parts or more none is the whole: another of the same amount is another such total.
    where wholes.may_be_total and wholes.target_amount != parts.target_amount
    group by
        wholes.period_type, wholes.period_start, wholes.metric, wholes.rep_id, wholes.target_amount,
        circles.circle
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
        from level_{{ level - 1 }}
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
    from level_{{ level - 1 }} as rest
    left join (
        select distinct
            period_type,
            metric,
            rep_id
        from matched_{{ level }}
        where periods >= 2
    ) as suspected
        on
            rest.period_type = suspected.period_type
            and rest.metric = suspected.metric
            and rest.rep_id = suspected.rep_id
    where suspected.rep_id is null
),
{%- endfor %}

suspected as (
    {%- for level in [1, 2, 3] %}
    select
        *,
        {{ level }} as found_on
    from matched_{{ level }}
    where periods >= 2
    {%- if not loop.last %}
    union all
    {%- endif %}
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
    people_count
from ranked
where choice = 1
