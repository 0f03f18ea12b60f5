-- One row per period and team in which somebody sits during it. team_id is never null.
select distinct
    periods.period_type,
    periods.period_start,
    stays.team_id
from {{ ref('int_calendar__periods') }} as periods
inner join {{ ref('int_reps__history') }} as stays
    on
        periods.period_end >= stays.valid_from
        and periods.period_start <= coalesce(stays.valid_to, cast('9999-12-31' as date))
where
    periods.period_type in ('month', 'quarter', 'year')
    and stays.team_id is not null
    and stays.is_listed
