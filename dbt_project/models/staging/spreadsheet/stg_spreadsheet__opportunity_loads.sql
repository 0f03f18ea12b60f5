-- One row per deal, file and stretch of successive versions of the file that say the same about owner,
-- amount, stage, expected close and last edit: told_from is the first load that said so, told_last the last,
-- told_to the load (or withdrawal of the file) that ended it. At a company whose clock is fixed, loads
-- after the day belong to the day: only the last of them is left. A version that was
-- replaced on the company's day of its load was corrected, and tells nothing. loaded_from is the load itself.
{%- set end_of_time = "cast('9999-12-31 00:00:00' as " ~ column_type('timestamp') ~ ")" %}
{%- set day_end = to_utc("cast(concat(cast(" ~ as_of_date() ~ " as string), ' 23:59:59') as timestamp)") %}
with loaded as (
    select
        source,
        trim(opportunity_id) as opportunity_id,
        trim(owner_id) as owner_id,
        trim(stage) as stage,
        amount,
        expected_close_date,
        created_at,
        updated_at,
        _file,
        _address,
        _loaded_at,
        least(_loaded_at, {{ day_end }}) as told_from,
        case when _replaced_at is null then {{ end_of_time }} else least(_replaced_at, {{ day_end }}) end
            as told_to
    from {{ source('raw', 'spreadsheet__opportunity_versions') }}
),

counted as (
    select * from loaded
    where told_from < told_to and {{ to_company_date('told_from') }} < {{ to_company_date('told_to') }}
),

single as (
    {{ newest_of(
        'counted', 'source, opportunity_id, _file, _loaded_at', 'updated_at desc nulls last, _address'
    ) }}
),

followed as (
    select
        *,
        lag(told_to) over in_file as old_told_to,
        lag(owner_id) over in_file as old_owner_id,
        lag(stage) over in_file as old_stage,
        lag(amount) over in_file as old_amount,
        lag(expected_close_date) over in_file as old_expected_close_date,
        lag(updated_at) over in_file as old_updated_at
    from single
    window in_file as (partition by source, opportunity_id, _file order by _loaded_at)
),

flagged as (
    select
        *,
        case
            when
                old_told_to = told_from
                and {{ is_same('old_owner_id', 'owner_id') }}
                and {{ is_same('old_stage', 'stage') }}
                and {{ is_same('old_amount', 'amount') }}
                and {{ is_same('old_expected_close_date', 'expected_close_date') }}
                and {{ is_same('old_updated_at', 'updated_at') }}
                then 0
            else 1
        end as is_new
    from followed
),

numbered as (
    select
        *,
        sum(is_new) over (
            partition by source, opportunity_id, _file order by _loaded_at
            rows between unbounded preceding and current row
        ) as run_number
    from flagged
),

runs as (
    select
        source,
        opportunity_id,
        _file,
        max(owner_id) as owner_id,
        max(stage) as stage,
        max(amount) as amount,
        max(expected_close_date) as expected_close_date,
        max(created_at) as created_at,
        max(updated_at) as updated_at,
        max(_address) as _address,
        min(_loaded_at) as loaded_from,
        min(told_from) as told_from,
        max(told_from) as told_last,
        max(told_to) as told_to
    from numbered
    group by source, opportunity_id, _file, run_number
)

select * from runs
