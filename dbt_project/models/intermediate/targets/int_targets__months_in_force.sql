-- Monthly targets in force per judged day: declared, else summed from the scopes below.
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
    where period_type = 'month' and target_amount is not null
),

{{ target_tree('own') }}

select * from in_force
