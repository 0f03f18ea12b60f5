-- Per subject, periods times the scopes that existed in them, so that a week without an event is a row
-- with zero and not a hole. A rep exists from the first to the last day of the
-- stays; a person whom only facts name has the rows of these facts.
with lives as (
    select
        'rep' as scope_type,
        rep_id as scope_id,
        min(valid_from) as lives_from,
        max(coalesce(valid_to, cast('9999-12-31' as date))) as lives_to
    from {{ ref('int_reps__history') }}
    where is_listed
    group by rep_id
),

scopes as (
    select
        scopes.scope_type,
        scopes.scope_id,
        case
            when scopes.scope_type = 'rep' then lives.lives_from
            else cast('1900-01-01' as date)
        end as lives_from,
        case
            when scopes.scope_type = 'rep' then lives.lives_to
            else cast('9999-12-31' as date)
        end as lives_to
    from {{ ref('int_scopes') }} as scopes
    left join lives
        on
            scopes.scope_type = lives.scope_type
            and scopes.scope_id = lives.scope_id
)

select
    periods.subject,
    periods.grain,
    periods.period_start,
    periods.period_end,
    scopes.scope_type,
    scopes.scope_id
from {{ ref('int_metrics__periods') }} as periods
inner join scopes
    on
        periods.period_end >= scopes.lives_from
        and periods.period_start <= scopes.lives_to
