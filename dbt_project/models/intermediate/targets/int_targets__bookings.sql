-- Everything the projection starts from, one row per judged day, period, scope and metric that has a
-- target or a booked amount.
-- asked: the targets of the judged days that are reported.
with asked as (
    select in_force.*
    from {{ ref('int_targets__in_force') }} as in_force
    inner join {{ ref('int_targets__spine') }} as spine
        on
            in_force.as_of = spine.as_of
            and in_force.period_type = spine.period_type
            and in_force.period_start = spine.period_start
    where spine.is_reported
),

told as (
    select
        {%- for part in ['as_of', 'period_type', 'period_start', 'scope_type', 'scope_id', 'metric'] %}
        coalesce(actuals.{{ part }}, asked.{{ part }}) as {{ part }},
        {%- endfor %}
        asked.target_amount,
        asked.original_target_amount,
        asked.target_origin,
        asked.target_missing,
        actuals.actual_amount,
        actuals.actual_amount_2w,
        actuals.actual_amount_4w,
        actuals.deals,
        actuals.is_unknown,
        actuals.final_amount
    from {{ ref('int_targets__actuals') }} as actuals
    full outer join asked on {{ same_target('actuals', 'asked') }}
)

select
    told.as_of,
    told.period_type,
    told.period_start,
    spine.period_end,
    told.scope_type,
    told.scope_id,
    told.metric,
    spine.is_latest,
    spine.is_weekly,
    spine.is_running,
    spine.workdays_elapsed,
    spine.workdays_total,
    told.target_amount,
    told.original_target_amount,
    told.target_origin,
    told.target_missing,
    -- Without any order (or win) on record nothing is known of what was booked, which is not zero; nor is a
    -- count of new accounts known if one of them may be an old one. A target of a team, region or (where
    -- people are listed) person that nobody knows, or of a product line where no record names any, has
    -- nothing to be compared with.
    case
        when
            told.actual_amount is null
            and scopes.scope_id is null
            and (told.scope_type in ('team', 'region', 'product_line') or listed.are_people)
            then null
        when span.has_records and not coalesce(told.is_unknown, false)
            then coalesce(told.actual_amount, 0)
    end as actual_amount,
    coalesce(told.actual_amount_2w, 0) as actual_amount_2w,
    coalesce(told.actual_amount_4w, 0) as actual_amount_4w,
    coalesce(told.deals, 0) as deals,
    -- Known tonight, not on the judged day: for later periods only.
    coalesce(told.final_amount, 0) as final_amount,
    spine.data_start,
    coalesce(phasing.expected_share, expected.expected_share) as expected_share,
    {%- for weeks in [2, 4] %}
    case
        when spine.is_running
            then coalesce(phasing.expected_share_{{ weeks }}w, expected.expected_share_{{ weeks }}w)
    end as expected_share_{{ weeks }}w,
    {%- endfor %}
    case when phasing.expected_share is not null then 'declared' else expected.curve_origin end
        as curve_origin,
    expected.curve_periods,
    case
        when coalesce(told.target_origin, '') != 'declared' then phasing.months_missing
    end as months_missing,
    -- Only a running period has a part, so that nothing else finds a best finish.
    case
        when spine.is_running then floor(
            case told.period_type when 'month' then 4 else 10 end
            * cast(spine.workdays_elapsed as double) / greatest(spine.workdays_total, 1)
        )
    end as part
from told
cross join {{ ref('int_targets__data_span') }} as span
cross join (
    select coalesce(bool_or(is_listed), false) as are_people from {{ ref('int_reps__history') }}
) as listed
left join {{ ref('int_scopes') }} as scopes
    on told.scope_type = scopes.scope_type and told.scope_id = scopes.scope_id
inner join {{ ref('int_targets__spine') }} as spine
    on
        told.as_of = spine.as_of
        and told.period_type = spine.period_type
        and told.period_start = spine.period_start
left join {{ ref('int_targets__expected') }} as expected
    on {{ same_target('told', 'expected', without=['scope_type', 'scope_id']) }}
left join {{ ref('int_targets__phasing') }} as phasing
    on {{ same_target('told', 'phasing') }}
