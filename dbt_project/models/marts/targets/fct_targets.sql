-- Every version of every target, for its period and for the days on which it was known.
select
    period_type,
    period_start,
    period_end,
    scope_type,
    scope_id,
    metric,
    cast(version_number as bigint) as version_number,
    target_amount,
    known_from,
    known_to,
    is_original,
    {{ as_of_date() }} between known_from and coalesce(known_to, cast('9999-12-31' as date)) as is_in_force,
    version_label,
    reason,
    is_known_scope,
    source
from {{ ref('int_targets__versions') }}
where known_from <= {{ as_of_date() }}
