-- One row per day up to the as-of day, scope and open stage, from the first day on which the
-- scope had a deal in the stage: the open pipeline at the end of the day, by running sums.
with changes as (
    select * from {{ ref('int_pipeline__changes') }}
),

scoped as (
    {{ scope_rows('changes', [
        'changed_on', 'stage', 'due_quarter_start', 'due_quarter_end', 'open_count', 'open_amount'
    ]) }}
),

all_open as (
    select
        changed_on,
        scope_type,
        scope_id,
        stage,
        sum(open_count) as count_change,
        sum(open_amount) as amount_change
    from scoped
    group by changed_on, scope_type, scope_id, stage
),

-- What is due in a quarter counts from the quarter's first day to its last.
due as (
    select
        greatest(changed_on, due_quarter_start) as changed_on,
        due_quarter_start,
        scope_type,
        scope_id,
        stage,
        sum(open_amount) as due_change
    from scoped
    where changed_on <= due_quarter_end
    group by greatest(changed_on, due_quarter_start), due_quarter_start, scope_type, scope_id, stage
),

starts as (
    select
        scope_type,
        scope_id,
        stage,
        min(changed_on) as first_day
    from all_open
    group by scope_type, scope_id, stage
),

spine as (
    select
        days.date_day,
        days.fiscal_quarter_start,
        starts.scope_type,
        starts.scope_id,
        starts.stage
    from starts
    inner join {{ ref('int_calendar__days') }} as days on starts.first_day <= days.date_day
    where days.date_day <= {{ as_of_date() }}
)

select
    spine.date_day,
    spine.fiscal_quarter_start,
    spine.scope_type,
    spine.scope_id,
    spine.stage,
    cast(sum(coalesce(all_open.count_change, 0)) over (
        partition by spine.scope_type, spine.scope_id, spine.stage order by spine.date_day
    ) as bigint) as open_count,
    cast(sum(coalesce(all_open.amount_change, 0)) over (
        partition by spine.scope_type, spine.scope_id, spine.stage order by spine.date_day
    ) as decimal(18, 2)) as open_amount,
    cast(sum(coalesce(due.due_change, 0)) over (
        partition by spine.scope_type, spine.scope_id, spine.stage, spine.fiscal_quarter_start
        order by spine.date_day
    ) as decimal(18, 2)) as due_this_quarter_amount
from spine
left join all_open
    on
        spine.date_day = all_open.changed_on
        and spine.scope_type = all_open.scope_type
        and spine.scope_id = all_open.scope_id
        and spine.stage = all_open.stage
left join due
    on
        spine.date_day = due.changed_on
        and spine.fiscal_quarter_start = due.due_quarter_start
        and spine.scope_type = due.scope_type
        and spine.scope_id = due.scope_id
        and spine.stage = due.stage
