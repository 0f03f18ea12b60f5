-- One row per order placed by the as-of day, in the company's terms. What an order does not say
-- (owner, product line) is taken from its opportunity, then from its customer.
with orders as (
    {{ union_staging('orders') }}
),

newest as (
    {{ newest_of('orders', 'order_id', '_loaded_at desc, source') }}
),

account_owners as (
    select
        account_id,
        min(owner_id) as owner_id,
        min(source) as source
    from ({{ union_staging('accounts') }}) as accounts
    group by account_id
),

resolved as (
    select
        newest.order_id,
        newest.source,
        newest.opportunity_id,
        {{ account_of('newest.account_id') }} as account_id,
        coalesce(
            {{ rep_of('newest.owner_id') }},
            deals.current_owner_id,
            {{ rep_of('account_owners.owner_id', 'account_owner') }}
        ) as owner_id,
        coalesce(newest.product_line, deals.product_line) as product_line,
        newest.amount as original_amount,
        coalesce(newest.currency, '{{ var("currency") }}') as currency,
        newest.status,
        {{ is_cancelled_status('newest.status') }} as is_cancelled,
        {{ is_partial_status('newest.status') }} as is_partly_delivered,
        {{ to_company_time('newest.ordered_at') }} as ordered_at,
        {{ to_company_date('newest.ordered_at') }} as ordered_on,
        {{ to_company_date('newest.promised_at') }} as promised_on,
        {{ to_company_date('newest.delivered_at') }} as last_delivered_on
    from newest
    left join {{ ref('int_opportunities__united') }} as deals
        on newest.opportunity_id = deals.opportunity_id
    left join account_owners on newest.account_id = account_owners.account_id
    {{ join_rep('newest.owner_id', 'newest.source') }}
    {{ join_rep('account_owners.owner_id', 'account_owners.source', 'account_owner') }}
    {{ join_account('newest.account_id') }}
)

select
    resolved.order_id,
    resolved.source,
    resolved.opportunity_id,
    resolved.account_id,
    resolved.owner_id,
    resolved.product_line,
    resolved.original_amount,
    resolved.currency,
    {{ company_money('resolved.original_amount', 'rates.rate') }} as amount,
    resolved.status,
    resolved.is_cancelled,
    resolved.ordered_at,
    resolved.ordered_on,
    resolved.promised_on,
    -- A delivery after the as-of day has not happened yet, and a part of one is not a delivery.
    case
        when not resolved.is_partly_delivered and resolved.last_delivered_on <= {{ as_of_date() }}
            then resolved.last_delivered_on
    end as delivered_on,
    resolved.is_partly_delivered
    and coalesce(resolved.last_delivered_on <= {{ as_of_date() }}, true) as is_partly_delivered
from resolved
left join {{ ref('int_exchange_rates__periods') }} as rates
    on
        resolved.currency = rates.currency
        and resolved.ordered_on between rates.valid_from and rates.valid_to
where resolved.ordered_on <= {{ as_of_date() }}
