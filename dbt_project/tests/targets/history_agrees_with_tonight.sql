-- On the last day of a week the last rows of the history are tonight's; and no row of the history lies
-- after its day.
select
    history.as_of,
    history.period_type,
    history.period_start,
    history.scope_type,
    history.scope_id,
    history.metric
from {{ ref('fct_target_completion_history') }} as history
left join {{ ref('fct_target_completion') }} as tonight
    on {{ same_target('history', 'tonight') }}
where
    history.as_of > {{ as_of_date() }}
    or history.as_of not between history.period_start and history.period_end
    or history.as_of = {{ as_of_date() }} and (
        tonight.as_of is null
        or history.actual_amount != tonight.actual_amount
        or history.target_amount != tonight.target_amount
    )
