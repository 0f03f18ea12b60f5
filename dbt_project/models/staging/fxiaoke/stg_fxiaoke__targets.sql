-- The versions of a goal record are the versions of its twelve targets; a deleted record is withdrawn
-- with its past. Records of a rule's details are added up, unless one of the whole rule stands beside
-- them. Own objects give their targets as they are.
with changes as (
    {{ fxiaoke_goal_changes() }}
),

goals as (
    select
        *,
        max(case when goal_rule_detail_id is null then 1 else 0 end) over (
            partition by source, metric, scope_type, scope_id, fiscal_year
        ) as has_whole
    from {{ ref('stg_fxiaoke__goals') }}
    where scope_type is not null
),

days as (
    select
        goals.source,
        goals.metric,
        goals.scope_type,
        goals.scope_id,
        substr(goals.fiscal_year, 1, 4) as fiscal_year,
        changes.month_number,
        changes.known_on,
        sum(changes.change) as change,
        max(changes._loaded_at) as _loaded_at
    from changes
    inner join goals on changes.source = goals.source and changes.id = goals.goal_id
    where goals.goal_rule_detail_id is null or goals.has_whole = 0
    group by
        goals.source, goals.metric, goals.scope_type, goals.scope_id, goals.fiscal_year,
        changes.month_number, changes.known_on
),

summed as (
    select
        *,
        sum(change) over (
            partition by source, metric, scope_type, scope_id, fiscal_year, month_number
            order by known_on rows unbounded preceding
        ) as target_amount,
        row_number() over (
            partition by source, metric, scope_type, scope_id, fiscal_year, month_number order by known_on
        ) as version_number
    from days
),

own_objects as (
    {{ fxiaoke_own_targets() }}
),

united as (
    select
        fiscal_year
        || case when month_number > 0 then '-' || lpad(cast(month_number as string), 2, '0') else '' end
            as period,
        scope_type,
        scope_id,
        metric,
        known_on as effective_from,
        'v' || cast(version_number as string) as version,
        cast(null as string) as reason,
        target_amount,
        source,
        _loaded_at
    from summed
    union all
    select
        period,
        scope_type,
        scope_id,
        metric,
        effective_from,
        version,
        reason,
        target_amount,
        source,
        _loaded_at
    from own_objects
),

{{ staged_targets('united') }}
