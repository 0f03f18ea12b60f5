-- The share of a period's target that should be booked by the judged day (and two and four weeks before):
-- the mean of the company's own curves of the last 12 periods of that type that had ended by then, at the
-- same share of workdays. With fewer than 3 months (2 quarters, 1 year) of them: a straight line over the
-- workdays. Quarters and years with declared phasing use int_targets__phasing instead.
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
    {%- if not loop.last %}
    union all
    {%- endif %}
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

candidates as (
    select
        moments.as_of,
        moments.period_type,
        moments.period_start,
        moments.weeks_back,
        moments.time_share,
        metrics.metric,
        learned_from.period_start as past_start,
        moments.time_share * learned_from.workdays_total as past_position,
        learned_from.period_number,
        max(learned_from.period_number) over (
            partition by
                moments.as_of, moments.period_type, moments.period_start, moments.weeks_back, metrics.metric
        ) as last_number
    from moments
    cross join metrics
    left join learned_from
        on
            moments.period_type = learned_from.period_type
            and metrics.metric = learned_from.metric
            and moments.period_start > learned_from.period_end
            and moments.as_of > learned_from.period_end
),

shares as (
    select
        candidates.as_of,
        candidates.period_type,
        candidates.period_start,
        candidates.weeks_back,
        candidates.metric,
        max(candidates.time_share) as time_share,
        count(curves.period_start) as curve_periods,
        -- Exact numbers, so that the mean does not depend on the order of the rows.
        cast(sum(cast(
            curves.booked_share
            + (candidates.past_position - curves.workday_number)
            * (curves.next_booked_share - curves.booked_share) as decimal(38, 15)
        )) as double) / nullif(count(curves.booked_share), 0) as learned_share
    from candidates
    left join {{ ref('int_targets__curves') }} as curves
        on
            candidates.metric = curves.metric
            and candidates.period_type = curves.period_type
            and if(candidates.period_number > candidates.last_number - 12, candidates.past_start, null)
            = curves.period_start
            and cast(floor(candidates.past_position + 1e-9) as bigint) = curves.workday_number
    group by
        candidates.as_of, candidates.period_type, candidates.period_start,
        candidates.weeks_back, candidates.metric
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
