-- How many months (and quarters) of a longer period a person was there for, where that is not all of them:
-- who joined in August needs no target for July.
with lives as (
    select
        rep_id,
        min(valid_from) as lives_from,
        max(coalesce(valid_to, cast('9999-12-31' as date))) as lives_to
    from {{ ref('int_reps__history') }}
    where is_listed
    group by rep_id
)

select
    longer.period_type,
    longer.period_start,
    shorter.period_type as part_type,
    'rep' as scope_type,
    lives.rep_id as scope_id,
    count(*) as parts_needed
from lives
inner join {{ ref('int_calendar__periods') }} as longer
    on
        longer.period_type in ('quarter', 'year')
        and lives.lives_from <= longer.period_end
        and lives.lives_to >= longer.period_start
        and (lives.lives_from > longer.period_start or lives.lives_to < longer.period_end)
inner join {{ ref('int_calendar__periods') }} as shorter
    on
        shorter.period_type in ('month', 'quarter')
        and longer.period_type != shorter.period_type
        and shorter.period_start between longer.period_start and longer.period_end
        and lives.lives_from <= shorter.period_end
        and lives.lives_to >= shorter.period_start
group by longer.period_type, longer.period_start, shorter.period_type, lives.rep_id
