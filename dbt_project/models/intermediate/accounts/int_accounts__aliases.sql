-- One row per account id of any source: the customer it stands for. Two records are one customer
-- if they carry the same credit code, or the same name in different sources while at most one
-- credit code is known for that name. The oldest record gives the id.
with accounts as (
    {{ union_staging('accounts') }}
),

known as (
    select
        account_id,
        source,
        created_at,
        upper(nullif(trim(credit_code), '')) as credit_code,
        lower(trim(account_name)) as name_key
    from accounts
),

names as (
    select
        name_key,
        max(credit_code) as credit_code
    from known
    group by name_key
    having
        count(distinct credit_code) <= 1
        and count(distinct source) > 1
        and count(distinct source) = count(distinct account_id)
),

keyed as (
    select
        known.account_id,
        known.created_at,
        case
            when coalesce(known.credit_code, names.credit_code) is not null
                then 'code ' || coalesce(known.credit_code, names.credit_code)
            when names.name_key is not null then 'name ' || names.name_key
            else 'id ' || known.account_id
        end as customer_key
    from known
    left join names on known.name_key = names.name_key
),

-- The same id in two sources is one record.
one_key as (
    select
        account_id,
        min(created_at) as created_at,
        min(customer_key) as customer_key
    from keyed
    group by account_id
),

ranked as (
    select
        *,
        first_value(account_id) over (
            partition by customer_key order by created_at nulls last, account_id
        ) as customer_id
    from one_key
)

select
    account_id as alias,
    customer_id as account_id
from ranked
