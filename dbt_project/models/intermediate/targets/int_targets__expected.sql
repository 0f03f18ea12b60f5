-- The share of a period's target that should be booked by the judged day (and two and four weeks before): the
-- mean of the company's own curves of the last 12 periods of that type that had ended by then, at the same
-- share of workdays; with fewer than 3 months (2 quarters, 1 year) of them a straight line over the workdays.
-- Quarters and years with declared phasing use int_targets__phasing instead.
{% set enough_periods = "case period_type when 'month' then 3 when 'quarter' then 2 else 1 end" -%}
with moments as (
    {%- for weeks, suffix in [(0, ''), (2, '_2w'), (4, '_4w')] %}
    select
        as_of,
        period_type,
        period_start,
        {{ weeks }} as weeks_back,
        cast(workdays_elapsed{{ suffix }} as double) / workdays_total as time_share
    from {{ ref('int_targets__spine') }}
    where
        workdays_total > 0
        and (period_type = 'month' or is_reported{{ ' and is_running' if weeks else '' }})
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

learned_from as (
    select distinct
        metric,
        period_type,
        period_start,
        period_end,
        workdays_total,
        period_number
    from {{ ref('int_targets__curves') }}
),

metrics as (
    select distinct metric from {{ ref('int_targets__credits') }}
    union
    select distinct metric from {{ ref('int_targets__versions') }}
),

lasts as (
    select
        judged.as_of,
        judged.period_type,
        judged.period_start,
        learned_from.metric,
        max(learned_from.period_number) as last_number
    from moments as judged
    inner join learned_from
        on
            judged.period_type = learned_from.period_type
            and judged.period_start > learned_from.period_end
            and judged.as_of > learned_from.period_end
    where judged.weeks_back = 0
    group by judged.as_of, judged.period_type, judged.period_start, learned_from.metric
),

shares as (
    select
        moments.as_of,
        moments.period_type,
        moments.period_start,
        moments.weeks_back,
        metrics.metric,
        max(moments.time_share) as time_share,
        count(curves.period_start) as curve_periods,
        -- Exact numbers, so that the mean does not depend on the order of the rows.
        cast(sum(cast(
            curves.booked_share
            + (moments.time_share * learned_from.workdays_total - curves.workday_number)
            * (curves.next_booked_share - curves.booked_share) as decimal(38, 15)
        )) as double) / nullif(count(curves.booked_share), 0) as learned_share
    from moments
    cross join metrics
    left join lasts
        on
            {{ same_target('moments', 'lasts', without=['scope_type', 'scope_id', 'metric']) }}
            and metrics.metric = lasts.metric
    left join learned_from
        on
            lasts.period_type = learned_from.period_type
            and lasts.metric = learned_from.metric
            and lasts.last_number >= learned_from.period_number
            and lasts.last_number - 12 < learned_from.period_number
    left join {{ ref('int_targets__curves') }} as curves
        on
            {{ same_target('learned_from', 'curves', without=['as_of', 'scope_type', 'scope_id']) }}
            and cast(floor(moments.time_share * learned_from.workdays_total + 1e-9) as bigint)
            = curves.workday_number
    group by
        moments.as_of, moments.period_type, moments.period_start, moments.weeks_back, metrics.metric
),

chosen as (
    select
        *,
        curve_periods >= {{ enough_periods }} as is_learned,
        case
            when time_share >= 1 then 1.0
            when curve_periods >= {{ enough_periods }} then least(greatest(learned_share, 0.0), 1.0)
            else time_share
        end as expected_share
    from shares
)

select
    as_of,
    period_type,
    period_start,
    metric,
    max(case when weeks_back = 0 then curve_periods end) as curve_periods,
    max(case
        when weeks_back = 0 and is_learned then 'learned'
        when weeks_back = 0 then 'straight_line'
    end) as curve_origin,
    max(case when weeks_back = 0 then expected_share end) as expected_share,
    max(case when weeks_back = 2 then expected_share end) as expected_share_2w,
    max(case when weeks_back = 4 then expected_share end) as expected_share_4w
from chosen
group by as_of, period_type, period_start, metric
