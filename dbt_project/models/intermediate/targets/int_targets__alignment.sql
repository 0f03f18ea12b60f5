-- Declared targets as known on the as-of day, each whole beside the sum of its parts: scopes below it in
-- the same period, and shorter periods of the same scope. Only declared figures, nothing summed up.
with declared as (
    select
        declared.period_type,
        declared.period_start,
        declared.scope_type,
        declared.scope_id,
        declared.metric,
        declared.target_amount,
        declared.knowledge_on
    from {{ ref('int_targets__declared') }} as declared
    where declared.as_of = {{ as_of_date() }}
),

-- Where each declared target counts as a part: its ancestors, and the longer periods that hold it.
placed as (
    select
        declared.*,
        parents.parent_type,
        parents.parent_id,
        teams.parent_id as team_region
    from declared
    left join {{ ref('int_targets__parents') }} as parents
        on
            declared.scope_type = parents.scope_type
            and declared.scope_id = parents.scope_id
            and declared.knowledge_on between parents.valid_from and parents.valid_to
    left join {{ ref('int_targets__parents') }} as teams
        on
            case when parents.parent_type = 'team' then parents.parent_id end = teams.scope_id
            and teams.scope_type = 'team'
    left join {{ ref('int_targets__team_totals') }} as team_totals
        on
            case when declared.scope_type = 'rep' then declared.scope_id end = team_totals.manager_id
            and declared.period_type = team_totals.period_type
            and declared.period_start = team_totals.period_start
            and declared.metric = team_totals.metric
    where team_totals.manager_id is null
),

parts as (
    {%- for part, scope_type, scope_id in [
        ('region', 'company', "'company'"), ('team', 'company', "'company'"), ('rep', 'company', "'company'"),
        ('product_line', 'company', "'company'"), ('team', 'region', 'parent_id'),
        ('rep', 'region', 'team_region'), ('rep', 'team', 'parent_id'),
    ] %}
    select
        '{{ part }}s' as check_name,
        period_type,
        period_start,
        '{{ scope_type }}' as scope_type,
        {{ scope_id }} as scope_id,
        metric,
        target_amount
    from placed
    where
        scope_type = '{{ part }}'
        {%- if scope_type != 'company' %}
        and parent_type = '{{ 'region' if part == 'team' else 'team' }}'
        and {{ scope_id }} is not null
        {%- endif %}
    union all
    {%- endfor %}
    select
        case declared.period_type when 'month' then 'months' else 'quarters' end as check_name,
        longer.period_type,
        longer.period_start,
        declared.scope_type,
        declared.scope_id,
        declared.metric,
        declared.target_amount
    from declared
    inner join {{ ref('int_calendar__periods') }} as longer
        on
            declared.period_start between longer.period_start and longer.period_end
            and (
                (declared.period_type = 'month' and longer.period_type in ('quarter', 'year'))
                or (declared.period_type = 'quarter' and longer.period_type = 'year')
            )
),

summed as (
    select
        check_name,
        period_type,
        period_start,
        scope_type,
        scope_id,
        metric,
        sum(target_amount) as parts_amount,
        count(*) as parts_count
    from parts
    group by check_name, period_type, period_start, scope_type, scope_id, metric
)

select
    summed.*,
    declared.target_amount as whole_amount
from summed
left join declared
    on
        summed.period_type = declared.period_type
        and summed.period_start = declared.period_start
        and summed.scope_type = declared.scope_type
        and summed.scope_id = declared.scope_id
        and summed.metric = declared.metric
