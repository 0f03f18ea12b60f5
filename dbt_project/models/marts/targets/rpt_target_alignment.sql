-- Parts against the whole, managers' totals and doubles, for every declared target known on the as-of day.
with expected_parts as (
    select
        'teams' as check_name,
        places.scope_type,
        places.scope_id,
        count(*) as parts_expected
    from {{ ref('int_targets__places') }} as places
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.scope_type = 'team' and places.team_id = scopes.scope_id
    where places.height > 0
    group by places.scope_type, places.scope_id
    union all
    select
        'regions' as check_name,
        'company' as scope_type,
        'company' as scope_id,
        count(*) as parts_expected
    from {{ ref('int_scopes') }}
    where scope_type = 'region'
),

wholes as (
    select
        alignment.*,
        case
            when alignment.check_name = 'months' and alignment.period_type = 'quarter' then 3
            when alignment.check_name = 'months' then 12
            when alignment.check_name = 'quarters' then 4
            else expected_parts.parts_expected
        end as parts_expected
    from {{ ref('int_targets__alignment') }} as alignment
    left join expected_parts
        on
            alignment.check_name = expected_parts.check_name
            and alignment.scope_type = expected_parts.scope_type
            and alignment.scope_id = expected_parts.scope_id
),

findings as (
    select
        check_name,
        period_type,
        period_start,
        scope_type,
        scope_id,
        metric,
        whole_amount,
        parts_amount,
        parts_count,
        parts_expected,
        case
            when whole_amount is null and check_name not in ('months', 'quarters') then 'whole_missing'
            when parts_count < parts_expected then 'parts_missing'
            when parts_amount - whole_amount < -0.005 * whole_amount then 'parts_short'
            when parts_amount - whole_amount > 0.005 * whole_amount then 'parts_over'
            else 'aligned'
        end as finding
    from wholes
    -- A whole that nobody declared is a gap only where scopes are added; months need no yearly figure, but
    -- all of them, or their sum is not the year's.
    where
        whole_amount is not null
        or check_name not in ('months', 'quarters')
        or check_name = 'months' and parts_count < parts_expected
    union all
    {%- for totals, person, amount, finding in [
        ('int_targets__team_totals', 'manager_id', 'manager_target', 'contains_people'),
        ('int_targets__suspected_totals', 'rep_id', 'target_amount', 'may_contain_people'),
    ] %}
    select
        'manager_total' as check_name,
        period_type,
        period_start,
        'rep' as scope_type,
        {{ person }} as scope_id,
        metric,
        {{ amount }} as whole_amount,
        people_target as parts_amount,
        people_count as parts_count,
        cast(null as bigint) as parts_expected,
        '{{ finding }}' as finding
    from {{ ref(totals) }}
    union all
    {%- endfor %}
    select
        'stated_twice' as check_name,
        period_type,
        period_start,
        scope_type,
        scope_id,
        metric,
        max(target_amount) as whole_amount,
        cast(null as decimal(18, 2)) as parts_amount,
        max(stated_times) as parts_count,
        1 as parts_expected,
        'doubled' as finding
    from {{ ref('int_targets__versions') }}
    where stated_times > 1
    group by period_type, period_start, scope_type, scope_id, metric
)

select
    check_name,
    period_type,
    period_start,
    scope_type,
    scope_id,
    metric,
    cast(whole_amount as decimal(18, 2)) as whole_amount,
    cast(parts_amount as decimal(18, 2)) as parts_amount,
    cast(parts_count as bigint) as parts_count,
    cast(parts_expected as bigint) as parts_expected,
    cast(parts_amount - whole_amount as decimal(18, 2)) as difference_amount,
    {{ safe_divide('parts_amount - whole_amount', 'whole_amount') }} as difference_share,
    finding,
    {{ as_of_date() }} as as_of
from findings
