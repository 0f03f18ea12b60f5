-- What the reps (teams, regions) of the company booked in a period, plus what belongs to nobody there, is
-- what the company booked.
{% set keys = {'rep': 'owner_id', 'team': 'team_id', 'region': 'region', 'product_line': 'product_line'} %}
with unassigned as (
    {%- for scope_type, key in keys.items() %}
    select
        '{{ scope_type }}' as scope_type,
        credits.metric,
        days.fiscal_month_start as period_start,
        sum(credits.amount) as amount
    from {{ ref('int_targets__credit_events') }} as credits
    inner join {{ ref('dim_date') }} as days on credits.credited_on = days.date_day
    where credits.{{ key }} is null and credits.voided_on is null
    group by credits.metric, days.fiscal_month_start
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

parts as (
    select
        scope_type,
        metric,
        period_start,
        sum(actual_amount) as amount
    from {{ ref('fct_target_completion') }}
    where
        period_type = 'month'
        and scope_type != 'company'
        -- A team's figure holds those of the teams below it.
        and (scope_type != 'team' or scope_id not in (select team_id from {{ ref('int_teams__above') }}))
    group by scope_type, metric, period_start
),

wholes as (
    select
        metric,
        period_start,
        actual_amount
    from {{ ref('fct_target_completion') }}
    where period_type = 'month' and scope_type = 'company'
)

select
    parts.scope_type,
    wholes.metric,
    wholes.period_start,
    wholes.actual_amount,
    parts.amount,
    unassigned.amount as unassigned_amount
from wholes
inner join parts
    on
        wholes.metric = parts.metric
        and wholes.period_start = parts.period_start
left join unassigned
    on
        parts.scope_type = unassigned.scope_type
        and parts.metric = unassigned.metric
        and parts.period_start = unassigned.period_start
where wholes.actual_amount != parts.amount + coalesce(unassigned.amount, 0)
