-- One row per customer with an order by the as-of day: how often it orders. A rhythm of its own
-- takes three order days; else that of its industry, else of all customers, else the default.
with order_days as (
    select distinct
        account_id,
        ordered_on
    from {{ ref('int_orders__united') }}
    where not is_cancelled and not is_return and returned_on is null
),

gaps as (
    select
        account_id,
        ordered_on,
        {{ days_between(
            'lag(ordered_on) over (partition by account_id order by ordered_on)', 'ordered_on'
        ) }} as gap_days
    from order_days
),

own as (
    select
        account_id,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on,
        count(*) as order_days,
        percentile_cont(0.5) within group (order by gap_days) as median_gap_days,
        percentile_cont(0.9) within group (order by gap_days) as p90_gap_days
    from gaps
    group by account_id
),

placed as (
    select
        own.*,
        accounts.industry,
        case when own.order_days >= 3 then own.median_gap_days end as own_median
    from own
    left join {{ ref('int_accounts__united') }} as accounts on own.account_id = accounts.account_id
),

industries as (
    select
        industry,
        percentile_cont(0.5) within group (order by own_median) as rhythm_days
    from placed
    where industry is not null and own_median is not null
    group by industry
),

everyone as (
    select percentile_cont(0.5) within group (order by own_median) as rhythm_days
    from placed
    where own_median is not null
)

select
    placed.account_id,
    placed.first_order_on,
    placed.last_order_on,
    placed.order_days,
    case when placed.order_days >= 3 then placed.p90_gap_days end as p90_gap_days,
    coalesce(
        placed.own_median, industries.rhythm_days, everyone.rhythm_days,
        cast({{ var('default_rhythm_days') }} as double)
    ) as rhythm_days,
    case
        when placed.own_median is not null then 'own'
        when industries.rhythm_days is not null then 'industry'
        when everyone.rhythm_days is not null then 'all customers'
        else 'default'
    end as rhythm_source
from placed
cross join everyone
left join industries on placed.industry = industries.industry
