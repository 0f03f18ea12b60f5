-- One row per period: ISO weeks and fiscal months, quarters and years, from the fiscal year of the
-- first data to the end of the as-of day's next fiscal year.
with first_days as (
    select min(created_on) as first_day from {{ ref('int_opportunities__united') }}
    union all
    select min(ordered_on) as first_day from {{ ref('int_orders__united') }}
    union all
    select min(occurred_on) as first_day from {{ ref('int_activities__united') }}
    union all
    select {{ as_of_date() }} as first_day
),

frame as (
    select
        {{ fiscal_start('min(first_day)', 'year') }} as frame_start,
        {{ add_days(add_months(fiscal_start(as_of_date(), 'year'), 24), -1) }} as frame_end
    from first_days
),

periods as (
    select
        day_periods.period_type,
        day_periods.period_start,
        day_periods.period_end,
        count(*) as days_total,
        count_if(days.is_workday) as workdays_total
    from {{ ref('int_calendar__day_periods') }} as day_periods
    inner join {{ ref('int_calendar__days') }} as days on day_periods.date_day = days.date_day
    inner join frame
        on
            day_periods.period_end >= frame.frame_start
            and day_periods.period_start <= frame.frame_end
    group by day_periods.period_type, day_periods.period_start, day_periods.period_end
),

labelled as (
    select
        period_type,
        period_start,
        period_end,
        cast(workdays_total as bigint) as workdays_total,
        cast(days_total as bigint) as days_total,
        -- A fiscal year is called by the calendar year in which it begins, or ends (fiscal_year_named_by).
        case period_type
            when 'month' then substr(cast(period_start as string), 1, 7)
            when 'quarter'
                then
                    {{ fiscal_year_label('period_start') }}
                    || '-Q' || cast(
                        (month(period_start) + 12 - {{ var('fiscal_year_start') }}) % 12 / 3 + 1 as int
                    )
            when 'year' then {{ fiscal_year_label('period_start') }}
            else cast(period_start as string)
        end as period_label
    from periods
)

select * from labelled
