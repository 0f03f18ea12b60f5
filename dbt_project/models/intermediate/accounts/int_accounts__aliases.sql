-- One row per account id of any source: the customer it stands for. Two records are one customer
-- if they carry the same credit code, or names alike (macro name_key) in different sources while each
-- of these has one such record and at most one credit code is known for the name. The oldest record
-- gives the id. Records made after the as-of day decide nothing: they join by their credit code alone. An id
-- that was merged into another (account_aliases.csv, or the CRM's own record of it) stands for that one.
with accounts as (  -- noqa: PRS
    {{ union_staging('accounts') }}
),

merges as (
    select
        alias,
        account_id
    from {{ ref('stg_config__account_aliases') }}
    union
    select
        old_account_id as alias,
        account_id
    from ({{ union_staging('account_merges') }}) as recorded
    where old_account_id not in (select alias from {{ ref('stg_config__account_aliases') }})
),

-- What was merged twice stands for the last one.
merged as (
    select
        merges.alias,
        min(coalesce(further.account_id, merges.account_id)) as account_id
    from merges
    left join merges as further on merges.account_id = further.alias
    where merges.alias != merges.account_id
    group by merges.alias
),

known as (
    select
        account_id,
        source,
        created_at,
        coalesce({{ to_company_date('created_at') }} <= {{ as_of_date() }}, true) as is_known,
        {{ credit_code_key('credit_code') }} as credit_code,
        {{ name_key('account_name') }} as name_key
    from accounts
    where account_id not in (select alias from merged)
),

names as (
    select
        name_key,
        max(credit_code) as credit_code
    from known
    where is_known and name_key is not null
    group by name_key
    having
        count(distinct credit_code) <= 1
        and count(distinct source) > 1
        and count(distinct source || ' ' || account_id) = count(distinct source)
),

keyed as (
    select
        known.account_id,
        known.created_at,
        known.is_known,
        case
            when coalesce(known.credit_code, names.credit_code) is not null
                then 'code ' || coalesce(known.credit_code, names.credit_code)
            when names.name_key is not null then 'name ' || names.name_key
            else 'id ' || known.account_id
        end as customer_key
    from known
    left join names on case when known.is_known then known.name_key end = names.name_key
),

-- The same id in two sources is one record.
one_key as (
    select
        account_id,
        min(created_at) as created_at,
        min(case when is_known then 0 else 1 end) as is_later,
        min(customer_key) as customer_key
    from keyed
    group by account_id
),

ranked as (
    select
        *,
        first_value(account_id) over (
            partition by customer_key order by is_later, created_at nulls last, account_id
        ) as customer_id
    from one_key
)

select
    account_id as alias,
    customer_id as account_id
from ranked
union all
select
    merged.alias,
    coalesce(ranked.customer_id, merged.account_id) as account_id
from merged
left join ranked on merged.account_id = ranked.account_id
