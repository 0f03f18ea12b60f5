-- Deals due in the period at its start (open, expected close in it): the amount that did not close in
-- it, because the close was moved past its end or the period ended with the deal still open. The
-- amount and owner are those of the start. Weeks are too short for it.
with due as (
    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        periods.closed_on,
        deals.opportunity_id,
        deals.opportunity_id as record_id,
        deals.owner_id,
        deals.team_id,
        deals.region,
        deals.product_line,
        deals.amount
    from {{ ref('int_metrics__periods') }} as periods
    inner join {{ ref('int_metrics__open_deals') }} as deals
        on
            deals.snapshot_on = {{ add_days('periods.period_start', -1) }}
            and deals.expected_close_on between periods.period_start and periods.period_end
    where periods.grain in ('month', 'quarter') and periods.subject = 'deals'
),

events as (
    select
        due.*,
        case
            when later.opportunity_id is null then 0
            when later.expected_close_on > due.period_end or due.closed_on = due.period_end then due.amount
            else 0
        end as slipped_amount
    from due
    left join {{ ref('int_metrics__open_deals') }} as later
        on
            due.closed_on = later.snapshot_on
            and due.opportunity_id = later.opportunity_id
),

{{ period_share_rows('events', 'slippage_share', 'deals', 'slipped_amount', 'amount') }}
