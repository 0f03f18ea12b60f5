-- One row: the first day on which anything was credited (the first order, or the first win), and the
-- as-of day. has_records: whether anything was. Periods that began before data_start are not whole and
-- teach nothing.
select
    coalesce(min(credited_on), {{ as_of_date() }}) as data_start,
    count(*) > 0 as has_records,
    {{ as_of_date() }} as as_of
from {{ ref('int_targets__credit_events') }}
