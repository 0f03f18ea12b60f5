-- One row per version of a target, dated on two axes: the period it is for, and the days on
-- which it was known. A later version supersedes from its own day on; it never rewrites the past.
with targets as (
    {{ union_staging('targets') }}
),

stated as (
    select
        period,
        scope_type,
        -- The company is one, whatever the sheet calls it; a person may be given by name or id.
        case scope_type
            when 'company' then 'company'
            when 'rep' then {{ rep_of('targets.scope_id', 'reps') }}
            when 'team' then {{ team_of('targets.scope_id') }}
            else targets.scope_id
        end as stated_scope_id,
        coalesce(nullif(trim(metric), ''), 'revenue') as metric,
        target_amount,
        version,
        effective_from,
        reason,
        targets.source
    from targets
    {{ join_rep('targets.scope_id', 'targets.source', 'reps') }}
    {{ join_team('targets.scope_id', 'targets.source') }}
    where target_amount is not null
),

-- A team may be given by name too; the id wins when both fit.
resolved as (
    select
        stated.*,
        coalesce(by_id.scope_id, by_name.scope_id, stated.stated_scope_id) as scope_id,
        coalesce(by_id.scope_id, by_name.scope_id) is not null as is_known_scope
    from stated
    left join {{ ref('int_scopes') }} as by_id
        on
            stated.scope_type = by_id.scope_type
            and stated.stated_scope_id = by_id.scope_id
    left join (
        select
            scope_type,
            scope_name,
            min(scope_id) as scope_id
        from {{ ref('int_scopes') }}
        group by scope_type, scope_name
        -- Two people of one name cannot be told apart by it.
        having count(distinct scope_id) = 1
    ) as by_name
        on
            stated.scope_type = by_name.scope_type
            and stated.stated_scope_id = by_name.scope_name
),

dated as (
    select
        resolved.*,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        -- Without a date a target counts as known since its fiscal year began.
        coalesce(resolved.effective_from, years.period_start) as known_from
    from resolved
    inner join {{ ref('int_calendar__periods') }} as periods
        on
            resolved.period = periods.period_label
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
    stated_times,
    is_known_scope,
    source
from single
where place = 1
