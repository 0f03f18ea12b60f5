-- Customers at the end of the period that still order or have an open deal, and that nobody was in
-- contact with for longer than the limit. The denominator counts all such customers.
with events as (
    select
        snapshot_on as event_on,
        account_id as record_id,
        owner_id,
        team_id,
        region,
        '' as dimension,
        case when is_silent then 1 else 0 end as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_metrics__customers') }}
    where is_served and is_silent is not null
),

{{ metric_rows('events', 'silent_accounts', 'level', 'silence', snapshot=true, product_line=none) }}
