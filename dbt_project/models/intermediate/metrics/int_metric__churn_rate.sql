-- Customers in their rhythm or at risk at the period's start who were lost in it / all such customers at
-- its start. Customers with a single order day are new and not in it; come-backs do not rewrite it.
with starts as (
    select
        periods.closed_on,
        customers.account_id,
        customers.account_id as record_id,
        customers.owner_id,
        customers.team_id,
        customers.region,
        periods.grain,
        periods.period_start,
        periods.period_end
    from {{ ref('int_metrics__periods') }} as periods
    inner join {{ ref('int_metrics__customers') }} as customers
        on customers.snapshot_on = {{ add_days('periods.period_start', -1) }}
    where
        periods.subject = 'orders'
        and customers.churn_state in ('active', 'at_risk')
        and customers.order_days >= 2
),

events as (
    select
        starts.*,
        case when ends.churn_state = 'churned' then 1 else 0 end as is_lost
    from starts
    left join {{ ref('int_metrics__churn_states') }} as ends
        on
            starts.closed_on = ends.snapshot_on
            and starts.account_id = ends.account_id
),

{{ period_share_rows('events', 'churn_rate', 'orders', 'is_lost', product_line=none) }}
