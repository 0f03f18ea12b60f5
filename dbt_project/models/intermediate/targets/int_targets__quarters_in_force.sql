-- Quarterly targets in force per judged day: declared for the quarter, else the sum of the scope's
-- months if all are told, else summed from the scopes below.
with own as (
    select
        as_of,
        period_type,
        period_start,
        knowledge_on,
        scope_type,
        scope_id,
        metric,
        target_amount,
        original_amount,
        'declared' as target_origin,
        cast(null as string) as target_missing
    from {{ ref('int_targets__declared') }}
    where period_type = 'quarter' and target_amount is not null
),

{{ period_sums('own', 'quarter', 'month', 3) }}

{{ target_tree('told', 'partly') }}

select * from in_force
