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
        amount as numerator,
        0 as denominator,
        1 as cases,
        case when amount is null then 1 else 0 end as unknown
    from {{ ref('int_targets__credit_events') }}
    where metric = 'new_accounts'
),

{{ metric_rows('events', 'new_accounts', 'count', 'credits', until='voided_on', unknown='unknown') }}
