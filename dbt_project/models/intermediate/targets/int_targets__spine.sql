-- The days on which completion is judged, times the periods judged on them: the last day of every
-- week, of every month, and the as-of day.
-- is_latest: the rows of the as-of day (every period since the data start). is_weekly: the rows of
-- the history, each last day of a week, for the month and quarter that contain it. The other months of that
-- quarter are carried, unreported, because a quarter's target may be the sum of its months', and the
-- next quarter with its months, because pipeline is built for it already; and on the as-of day the whole
-- fiscal years, since the months before the first order belong to the year's target.
with judged_days as (
    select
        days.date_day as as_of,
        days.date_day = {{ as_of_date() }} as is_last_day,
        days.date_day = days.week_end as is_week_end,
        span.data_start
    from {{ ref('int_calendar__days') }} as days
    cross join {{ ref('int_targets__data_span') }} as span
    where
        days.date_day between span.data_start and {{ as_of_date() }}
        and (
            days.date_day in ({{ as_of_date() }}, days.fiscal_month_end)
            or days.date_day = days.week_end
        )
),

around as (
    select
        judged_days.*,
        quarters.period_start as quarter_start,
        next_days.fiscal_quarter_end as next_quarter_end,
        years.period_end as year_end,
        first_years.period_start as first_year_start
    from judged_days
    inner join {{ ref('int_calendar__periods') }} as quarters
        on
            quarters.period_type = 'quarter'
            and judged_days.as_of between quarters.period_start and quarters.period_end
    inner join {{ ref('int_calendar__days') }} as next_days
        on {{ add_days('quarters.period_end', 1) }} = next_days.date_day
    inner join {{ ref('int_calendar__periods') }} as years
        on
            years.period_type = 'year'
            and judged_days.as_of between years.period_start and years.period_end
    inner join {{ ref('int_calendar__periods') }} as first_years
        on
            first_years.period_type = 'year'
            and judged_days.data_start between first_years.period_start and first_years.period_end
),

judged as (
    select
        around.as_of,
        around.data_start,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        least(around.as_of, periods.period_end) as knowledge_on,
        around.as_of between periods.period_start and periods.period_end as is_running,
        around.is_last_day
        and periods.period_start <= around.as_of
        and around.data_start <= periods.period_end as is_latest,
        around.is_week_end
        and periods.period_type in ('month', 'quarter')
        and around.as_of between periods.period_start and periods.period_end as is_weekly
    from around
    inner join {{ ref('int_calendar__periods') }} as periods
        on
            (
                around.is_last_day
                and periods.period_type in ('month', 'quarter', 'year')
                and around.first_year_start <= periods.period_start
                and around.year_end >= periods.period_start
            )
            or (
                periods.period_type in ('month', 'quarter')
                and around.quarter_start <= periods.period_start
                and around.next_quarter_end >= periods.period_end
            )
)

select
    judged.as_of,
    judged.period_type,
    judged.period_start,
    judged.period_end,
    judged.knowledge_on,
    judged.is_running,
    judged.is_latest,
    judged.is_weekly,
    judged.is_latest or judged.is_weekly as is_reported,
    judged.data_start,
    last_day.workday_index - day_before.workday_index as workdays_total,
    {{ workdays_between('day_before', 'today') }} as workdays_elapsed,
    {{ workdays_between('day_before', 'two_weeks_ago') }} as workdays_elapsed_2w,
    {{ workdays_between('day_before', 'four_weeks_ago') }} as workdays_elapsed_4w
from judged
inner join {{ ref('int_calendar__days') }} as day_before
    on {{ add_days('judged.period_start', -1) }} = day_before.date_day
inner join {{ ref('int_calendar__days') }} as last_day
    on judged.period_end = last_day.date_day
inner join {{ ref('int_calendar__days') }} as today
    on judged.knowledge_on = today.date_day
inner join {{ ref('int_calendar__days') }} as two_weeks_ago
    on {{ add_days('judged.as_of', -14) }} = two_weeks_ago.date_day
inner join {{ ref('int_calendar__days') }} as four_weeks_ago
    on {{ add_days('judged.as_of', -28) }} = four_weeks_ago.date_day
