-- One row per version of a target, dated on two axes: the period it is for, and the days on
-- which it was known. A later version supersedes from its own day on; it never rewrites the past.
with dated as (
    select
        stated.*,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        -- Without a date a target counts as known since its fiscal year began, or since it was stated if that
        -- was before: the next year's is known as soon as somebody gives it.
        coalesce(
            stated.effective_from,
            case
                when stated.loaded_on < years.period_start then stated.loaded_on
                else years.period_start
            end
        ) as known_from
    from {{ ref('int_targets__stated') }} as stated
    inner join {{ ref('int_calendar__periods') }} as periods
        on
            stated.period = periods.period_label
            and periods.period_type in ('month', 'quarter', 'year')
    inner join {{ ref('int_calendar__periods') }} as years
        on
            years.period_type = 'year'
            and periods.period_start between years.period_start and years.period_end
),

-- Told twice for the same day: the highest version stands, the count is kept for the check.
single as (
    select
        *,
        row_number() over (
            partition by period_type, period_start, scope_type, scope_id, metric, known_from
            order by version desc nulls last, target_amount desc, source asc
        ) as place,
        count(*) over (
            partition by period_type, period_start, scope_type, scope_id, metric, known_from
        ) as stated_times
    from dated
)

select
    period_type,
    period_start,
    period_end,
    scope_type,
    scope_id,
    metric,
    row_number() over (
        partition by period_type, period_start, scope_type, scope_id, metric
        order by known_from
    ) as version_number,
    target_amount,
    known_from,
    {{ add_days(
        'lead(known_from) over (
            partition by period_type, period_start, scope_type, scope_id, metric order by known_from
        )', -1) }} as known_to,
    known_from = min(known_from) over (
        partition by period_type, period_start, scope_type, scope_id, metric
    ) as is_original,
    version as version_label,
    reason,
    -- Said once, it holds for the versions that say nothing.
    coalesce(
        includes_team,
        max(case when includes_team then 1 when not includes_team then 0 end) over (
            partition by period_type, period_start, scope_type, scope_id, metric
        ) = 1
    ) as includes_team,
    stated_times,
    is_known_scope,
    source
from single
where place = 1
