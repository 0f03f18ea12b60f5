-- One row per day up to the as-of day, scope and open stage, from the first day on which the
-- scope had a deal in the stage: the open pipeline at the end of the day, by running sums. They are made
-- over the days on which something changed, by the number of the series, and only then put on every day.
with changes as (
    select * from {{ ref('int_pipeline__changes') }}
),

scoped as (
    {{ scope_rows('changes', [
        'changed_on', 'stage', 'due_quarter_start', 'due_quarter_end', 'open_count', 'open_amount'
    ]) }}
),

by_quarter as (
    select
        changed_on,
        scope_type,
        scope_id,
        stage,
        due_quarter_start,
        due_quarter_end,
        sum(open_count) as open_count,
        sum(open_amount) as open_amount
    from scoped
    group by changed_on, scope_type, scope_id, stage, due_quarter_start, due_quarter_end
),

series as (
    select
        scope_type,
        scope_id,
        stage,
        row_number() over (order by scope_type, scope_id, stage) as series_number
    from by_quarter
    group by scope_type, scope_id, stage
),

numbered as (
    select
        series.series_number,
        by_quarter.changed_on,
        by_quarter.due_quarter_start,
        by_quarter.due_quarter_end,
        by_quarter.open_count,
        by_quarter.open_amount
    from by_quarter
    inner join series
        on
            by_quarter.scope_type = series.scope_type
            and by_quarter.scope_id = series.scope_id
            and by_quarter.stage = series.stage
),

-- What is due in a quarter counts from the quarter's first day to its last.
steps as (
    select
        series_number,
        changed_on,
        open_count,
        open_amount,
        cast(0 as decimal(18, 2)) as due_amount
    from numbered
    union all
    select
        series_number,
        greatest(changed_on, due_quarter_start) as changed_on,
        0 as open_count,
        cast(0 as decimal(18, 2)) as open_amount,
        open_amount as due_amount
    from numbered
    where changed_on <= due_quarter_end
    union all
    select
        series_number,
        {{ add_days('due_quarter_end', 1) }} as changed_on,
        0 as open_count,
        cast(0 as decimal(18, 2)) as open_amount,
        -open_amount as due_amount
    from numbered
    where changed_on <= due_quarter_end
),

days_of_change as (
    select
        steps.series_number,
        steps.changed_on,
        sum(steps.open_count) as open_count,
        sum(steps.open_amount) as open_amount,
        sum(steps.due_amount) as due_amount
    from steps
    inner join {{ ref('int_calendar__days') }} as days on steps.changed_on = days.date_day
    where days.date_day <= {{ as_of_date() }}
    group by steps.series_number, steps.changed_on
),

stretches as (
    select
        series_number,
        changed_on,
        coalesce(
            {{ add_days('lead(changed_on) over up_to_now', -1) }}, {{ as_of_date() }}
        ) as unchanged_to,
        cast(sum(open_count) over up_to_now as bigint) as open_count,
        cast(sum(open_amount) over up_to_now as decimal(18, 2)) as open_amount,
        cast(sum(due_amount) over up_to_now as decimal(18, 2)) as due_this_quarter_amount
    from days_of_change
    window up_to_now as (partition by series_number order by changed_on)
)

select
    {{ each_day('stretches.changed_on', 'stretches.unchanged_to') }} as date_day,
    series.scope_type,
    series.scope_id,
    series.stage,
    stretches.open_count,
    stretches.open_amount,
    stretches.due_this_quarter_amount
from stretches
inner join series on stretches.series_number = series.series_number
