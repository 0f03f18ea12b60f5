with events as (
    select
        credited_on as event_on,
        deal_id as record_id,
        voided_on,
        owner_id,
        team_id,
        region,
        product_line,
        '' as dimension,
        1 as numerator,
        0 as denominator,
        1 as cases
    from {{ ref('int_targets__credit_events') }}
    where metric = 'new_accounts'
),

{{ metric_rows('events', 'new_accounts', 'count', 'credits', until='voided_on') }}
