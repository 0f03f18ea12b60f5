-- One row per source and order placed by the as-of day: what that source says of it, people and
-- customers resolved, times in the company's terms. What a word for the state means says
-- order_statuses.csv; an order in a state that nobody knows does not count, and a finding names it. A
-- return is negative.
with orders as (
    {{ union_staging('orders') }}
),

newest as (
    {{ newest_of('orders', 'source, order_id', '_loaded_at desc, ordered_at desc, amount desc') }}
),

accounts as (
    {{ union_staging('accounts') }}
),

owned as (
    select
        accounts.account_id,
        {{ account_of('accounts.account_id') }} as customer_id,
        {{ rep_of('accounts.owner_id') }} as owner_id,
        accounts.source,
        accounts._loaded_at
    from accounts
    {{ join_rep('accounts.owner_id', 'accounts.source') }}
    {{ join_account('accounts.account_id') }}
    where accounts.owner_id is not null
),

record_owners as (
    {{ newest_of('owned', 'account_id', '_loaded_at desc, source') }}
),

-- The record that gives the customer's id speaks first.
customer_owners as (
    {{ newest_of(
        'owned',
        'customer_id',
        'case when account_id = customer_id then 0 else 1 end, _loaded_at desc, source, account_id'
    ) }}
),

books as (
    {{ bookkeeping_sources() }}
),

-- Few words for many orders: each is made comparable once.
spoken as (
    select distinct
        source,
        status
    from newest
),

states as (
    select
        spoken.source,
        spoken.status,
        coalesce(own_words.state, words.state) as state
    from spoken
    left join {{ ref('stg_config__order_statuses') }} as own_words
        on spoken.source = own_words.source and {{ name_key('spoken.status') }} = own_words.status_key
    left join {{ ref('stg_config__order_statuses') }} as words
        on words.source = '*' and {{ name_key('spoken.status') }} = words.status_key
),

resolved as (
    select
        newest.order_id,
        newest.source,
        books.source is not null as is_booked,
        coalesce(doubles.kept_opportunity_id, newest.opportunity_id) as opportunity_id,
        {{ account_of('newest.account_id') }} as account_id,
        {{ rep_of('newest.owner_id') }} as owner_id,
        coalesce(record_owners.owner_id, customer_owners.owner_id) as account_owner_id,
        {{ product_line_of('newest.product_line') }} as product_line,
        case
            when states.state = 'credit' then -abs(newest.amount)
            else newest.amount
        end
            as original_amount,
        coalesce(newest.currency, '{{ var("currency") }}') as currency,
        newest.status,
        {{ order_state('newest.status', 'states.state') }} as state,
        {{ to_company_time('newest.ordered_at') }} as ordered_at,
        {{ to_company_date('newest.ordered_at') }} as ordered_on,
        {{ to_company_date('newest.promised_at') }} as promised_on,
        {{ to_company_date('newest.delivered_at') }} as last_delivered_on,
        newest._loaded_at
    from newest
    {{ join_rep('newest.owner_id', 'newest.source') }}
    {{ join_account('newest.account_id') }}
    {{ join_product_line('newest.product_line') }}
    left join record_owners on newest.account_id = record_owners.account_id
    left join customer_owners on {{ account_of('newest.account_id') }} = customer_owners.customer_id
    left join books on newest.source = books.source
    left join {{ ref('int_opportunities__duplicates') }} as doubles
        on newest.opportunity_id = doubles.opportunity_id
    left join states on newest.source = states.source and newest.status = states.status
)

select
    *,
    state in ('void', 'unknown') or (state = 'returned' and original_amount >= 0) as is_cancelled,
    state = 'partial' as is_partly_delivered
from resolved
where ordered_on <= {{ as_of_date() }}
