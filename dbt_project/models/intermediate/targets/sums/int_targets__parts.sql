-- Declared targets of people and teams as known on the as-of day, once per team, region and company that they
-- are a part of. Of teams one above the other only the upper one is a part: it holds the lower one's. A
-- manager's target that contains the people's is no part of anything.
with declared as (
    {{ declared_now() }}
),

holders as (
    select
        declared.period_type,
        declared.period_start,
        declared.metric,
        declared.scope_type,
        declared.scope_id,
        declared.target_amount,
        stays.team_id,
        -1 as height
    from declared
    inner join {{ ref('int_reps__history') }} as stays
        on
            declared.scope_id = stays.rep_id
            and declared.knowledge_on between stays.covers_from and stays.covers_to
    left join {{ ref('int_targets__team_totals') }} as team_totals
        on
            declared.scope_id = team_totals.manager_id
            and declared.period_type = team_totals.period_type
            and declared.period_start = team_totals.period_start
            and declared.metric = team_totals.metric
    where declared.scope_type = 'rep' and team_totals.manager_id is null
    union all
    select
        period_type,
        period_start,
        metric,
        scope_type,
        scope_id,
        target_amount,
        scope_id as team_id,
        0 as height
    from declared
    where scope_type = 'team'
),

held as (
    select
        holders.*,
        places.scope_type as whole_type,
        places.scope_id as whole_id,
        places.height as whole_height
    from holders
    inner join {{ ref('int_targets__places') }} as places
        on coalesce(holders.team_id, '') = places.team_id and holders.height < places.height
),

covered as (
    select distinct
        lower.period_type,
        lower.period_start,
        lower.metric,
        lower.scope_type,
        lower.scope_id,
        uppers.whole_type,
        uppers.whole_id
    from held as lower
    inner join held as uppers
        on
            lower.period_type = uppers.period_type
            and lower.period_start = uppers.period_start
            and lower.metric = uppers.metric
            and uppers.scope_type = 'team'
            and lower.whole_type = 'team'
            and lower.whole_id = uppers.scope_id
    where lower.scope_type = 'team'
),

sizes as (
    select
        places.scope_type,
        places.scope_id,
        count(*) as teams_held
    from {{ ref('int_targets__places') }} as places
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.scope_type = 'team' and places.team_id = scopes.scope_id
    where places.scope_type = 'team'
    group by places.scope_type, places.scope_id
)

select
    held.scope_type || 's' as check_name,
    held.period_type,
    held.period_start,
    held.whole_type as scope_type,
    held.whole_id as scope_id,
    held.metric,
    held.target_amount,
    -- A team stands for the teams below it.
    coalesce(sizes.teams_held, 1) as parts_count
from held
left join sizes on held.scope_type = sizes.scope_type and held.scope_id = sizes.scope_id
left join covered
    on
        {{ same_target('held', 'covered', without=['as_of']) }}
        and held.whole_type = covered.whole_type
        and held.whole_id = covered.whole_id
where covered.scope_id is null
