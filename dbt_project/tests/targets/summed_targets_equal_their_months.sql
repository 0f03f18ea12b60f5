-- A quarter or year whose target was not declared is the sum of the scope's months in it, where all are told.
with months as (
    select
        longer.period_type,
        longer.period_start,
        months.scope_type,
        months.scope_id,
        months.metric,
        sum(months.target_amount) as months_amount
    from {{ ref('int_targets__in_force') }} as months
    inner join {{ ref('int_calendar__periods') }} as longer
        on
            longer.period_type in ('quarter', 'year')
            and months.period_start between longer.period_start and longer.period_end
    where months.period_type = 'month' and months.as_of = {{ as_of_date() }}
    group by longer.period_type, longer.period_start, months.scope_type, months.scope_id, months.metric
)

select
    completion.period_type,
    completion.period_start,
    completion.scope_type,
    completion.scope_id,
    completion.metric,
    completion.target_amount,
    months.months_amount
from {{ ref('fct_target_completion') }} as completion
inner join months
    on {{ same_target('completion', 'months', without=['as_of']) }}
left join {{ ref('int_targets__declared') }} as quarters
    on
        quarters.as_of = {{ as_of_date() }}
        and case when completion.period_type = 'year' then 'quarter' end = quarters.period_type
        and completion.scope_type = quarters.scope_type
        and completion.scope_id = quarters.scope_id
        and completion.metric = quarters.metric
where
    completion.target_origin = 'summed'
    -- A declared quarter stands for its months in the year.
    and quarters.as_of is null
    and completion.target_amount != months.months_amount
