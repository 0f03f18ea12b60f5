-- One row per order placed by the as-of day, in the company's terms, each counted once. What an order
-- does not say (deal, owner, product line) is taken from another source's record of the same order, then
-- from its opportunity, then from its customer. is_return: its amount is negative; it lowers revenue and
-- is no order.
with stated as (
    select * from {{ ref('int_orders__stated') }}
),

doubles as (
    select
        duplicates.kept_source,
        duplicates.kept_order_id,
        stated.*
    from {{ ref('int_orders__duplicates') }} as duplicates
    inner join stated
        on duplicates.source = stated.source and duplicates.order_id = stated.order_id
),

-- Of several doubles the one that says most.
supplied as (
    {{ newest_of(
        'doubles',
        'kept_source, kept_order_id',
        'case when opportunity_id is null then 1 else 0 end, case when owner_id is null then 1 else 0 end, source, order_id'
    ) }}
),

completed as (
    select
        -- Two orders of different sources that share nothing but a number both count.
        case
            when
                row_number() over (
                    partition by stated.order_id
                    order by case when stated.is_booked then 0 else 1 end, stated.source
                ) > 1
                then stated.source || ':' || stated.order_id
            else stated.order_id
        end as order_id,
        stated.source,
        coalesce(stated.opportunity_id, supplied.opportunity_id) as opportunity_id,
        stated.account_id,
        coalesce(stated.owner_id, supplied.owner_id) as own_owner_id,
        coalesce(stated.account_owner_id, supplied.account_owner_id) as account_owner_id,
        coalesce(stated.product_line, supplied.product_line) as own_product_line,
        stated.original_amount,
        stated.currency,
        stated.status,
        stated.is_cancelled,
        not stated.is_cancelled and stated.original_amount < 0 as is_return,
        stated.is_partly_delivered,
        stated.ordered_at,
        stated.ordered_on,
        coalesce(stated.promised_on, supplied.promised_on) as promised_on,
        -- The books know what was delivered: where they say nothing, nothing was.
        case
            when stated.is_booked then stated.last_delivered_on
            else coalesce(stated.last_delivered_on, supplied.last_delivered_on)
        end as last_delivered_on
    from stated
    left join {{ ref('int_orders__duplicates') }} as duplicates
        on stated.source = duplicates.source and stated.order_id = duplicates.order_id
    left join supplied
        on stated.source = supplied.kept_source and stated.order_id = supplied.kept_order_id
    where duplicates.order_id is null
)

select
    completed.order_id,
    completed.source,
    completed.opportunity_id,
    completed.account_id,
    coalesce(completed.own_owner_id, deals.current_owner_id, completed.account_owner_id) as owner_id,
    coalesce(completed.own_product_line, deals.product_line) as product_line,
    completed.original_amount,
    completed.currency,
    {{ company_money('completed.original_amount', 'rates.rate') }} as amount,
    completed.status,
    completed.is_cancelled,
    completed.is_return,
    completed.ordered_at,
    completed.ordered_on,
    completed.promised_on,
    -- A delivery after the as-of day has not happened yet, and a part of one is not a delivery.
    case
        when not completed.is_partly_delivered and completed.last_delivered_on <= {{ as_of_date() }}
            then completed.last_delivered_on
    end as delivered_on,
    completed.is_partly_delivered
    and coalesce(completed.last_delivered_on <= {{ as_of_date() }}, true) as is_partly_delivered
from completed
left join {{ ref('int_opportunities__united') }} as deals
    on completed.opportunity_id = deals.opportunity_id
left join {{ ref('int_exchange_rates__periods') }} as rates
    on
        completed.currency = rates.currency
        and completed.ordered_on between rates.valid_from and rates.valid_to
