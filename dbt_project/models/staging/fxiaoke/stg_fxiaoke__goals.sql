-- Whose goal a record of GoalValueObj is, and what it measures. Ids of people and departments overlap,
-- so the goal's own type decides; without one, an id counts that only one of the two has. A department
-- right where a region begins stands for the region, if it has departments below it.
with goals as (
    {{ fxiaoke_current('goal_value') }}
),

rules as (
    select distinct
        source,
        goal_rule_id,
        metric
    from ({{ newest_load_of(source('raw', 'fxiaoke__goal_rule')) }}) as goal_rules
),

people as (
    select distinct
        source,
        user_id
    from {{ ref('stg_fxiaoke__users') }}
),

departments as (
    {{ newest_of(source('raw', 'fxiaoke__department'), 'source, id', '_loaded_at desc, modified_at desc') }}
),

above as (
    select distinct
        source,
        parent_id
    from departments
),

places as (
    select
        departments.source,
        departments.id,
        departments.custom_region as region,
        departments.parent_id is null as is_top,
        (departments.custom_region is distinct from parents.custom_region) and above.parent_id is not null
            as is_region
    from departments
    left join departments as parents
        on departments.source = parents.source and departments.parent_id = parents.id
    left join above on departments.source = above.source and departments.id = above.parent_id
),

kinds as (
    select
        goals.*,
        rules.metric,
        people.user_id is not null as is_person,
        places.id is not null or goals.check_object_id = {{ fxiaoke_top_department() }} as is_department,
        coalesce(places.is_top, false) or goals.check_object_id = {{ fxiaoke_top_department() }} as is_top,
        case when places.is_region then places.region end as region,
        lower(coalesce(goals.scope_kind, '')) as kind
    from goals
    inner join rules on goals.source = rules.source and goals.goal_rule_id = rules.goal_rule_id
    left join people on goals.source = people.source and goals.check_object_id = people.user_id
    left join places on goals.source = places.source and goals.check_object_id = places.id
),

placed as (
    select
        *,
        case
            when kind like '%员工%' or kind like '%人员%' or kind like '%个人%' or kind like '%employee%' then 'rep'
            when kind like '%部门%' or kind like '%公司%' or kind like '%department%' then 'department'
            when is_person and not is_department then 'rep'
            when is_department and not is_person then 'department'
        end as home
    from kinds
)

select
    id as goal_id,
    goal_rule_id,
    goal_rule_detail_id,
    metric,
    check_object_id,
    fiscal_year,
    case
        when home = 'rep' then 'rep'
        when home = 'department' and is_top then 'company'
        when home = 'department' and region is not null then 'region'
        when home = 'department' then 'team'
    end as scope_type,
    case
        when home = 'rep' then check_object_id
        when home = 'department' and is_top then 'company'
        when home = 'department' then coalesce(region, check_object_id)
    end as scope_id,
    source,
    _loaded_at
from placed
