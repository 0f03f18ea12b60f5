-- Every metric value beside what makes it comparable: flows per workday with the season taken out
-- (steady_rate), and only of complete periods.
select
    united.*,
    periods.closed_on,
    periods.is_complete,
    periods.workdays_total,
    -- Levels that rise and fall within the quarter are compared with the same week of earlier quarters only.
    case when united.kind = 'level_by_week' then periods.place_in_quarter else 0 end as compared_place,
    coalesce(season.season, 1.0) as season,
    case
        when not periods.is_complete then null
        when united.kind not in ('count', 'amount') then united.value
        when periods.workdays_total > 0
            then united.value / (periods.workdays_total * coalesce(season.season, 1.0))
    end as steady_rate,
    case when periods.is_complete then united.numerator end as whole_numerator,
    case when periods.is_complete then united.denominator end as whole_denominator
from {{ ref('int_metrics__united') }} as united
inner join {{ ref('int_metrics__periods') }} as periods
    on
        united.subject = periods.subject
        and united.grain = periods.grain
        and united.period_start = periods.period_start
left join {{ ref('int_metrics__season') }} as season
    on
        -- Seasons are those of whole metrics; said in the key, so that the join stays one on equality.
        case when united.dimension = '' then united.metric end = season.metric
        and united.grain = season.grain
        and united.period_start = season.period_start
