-- One row per customer: every account record created by the as-of day (records of one customer
-- joined), and every account id that a deal, order or activity up to that day names.
with accounts as (
    {{ union_staging('accounts') }}
),

resolved as (
    select
        {{ account_of('accounts.account_id') }} as account_id,
        accounts.account_id as record_id,
        accounts.account_name,
        {{ rep_of('accounts.owner_id') }} as owner_id,
        accounts.industry,
        accounts.region,
        accounts.status,
        accounts.source,
        {{ to_company_date('accounts.created_at') }} as created_on,
        accounts._loaded_at
    from accounts
    {{ join_rep('accounts.owner_id', 'accounts.source') }}
    {{ join_account('accounts.account_id') }}
),

-- Of several records known by the day the one that gives the id speaks first, then the newest load.
ranked as (
    select
        *,
        row_number() over (
            partition by account_id
            order by
                case when created_on > {{ as_of_date() }} then 1 else 0 end,
                case when record_id = account_id then 0 else 1 end,
                _loaded_at desc, source, record_id
        ) as place
    from resolved
),

begun as (
    select * from ranked
    where created_on is null or created_on <= {{ as_of_date() }}
),

-- What the first record does not say, the next one known by then does.
completed as (
    select
        account_id,
        account_name,
        {{ last_known('owner_id', 'account_id', '-place') }} as owner_id,
        {{ last_known('industry', 'account_id', '-place') }} as industry,
        {{ last_known('region', 'account_id', '-place') }} as region,
        {{ last_known('status', 'account_id', '-place') }} as status,
        source,
        created_on,
        place
    from begun
),

known as (
    select * from completed
    where place = 1
),

mentioned as (
    select account_id from {{ ref('int_opportunities__united') }}
    union
    select account_id from {{ ref('int_orders__united') }}
    union
    select account_id from {{ ref('int_activities__united') }}
),

strangers as (
    select mentioned.account_id
    from mentioned
    left join known on mentioned.account_id = known.account_id
    where known.account_id is null and mentioned.account_id is not null
)

select
    account_id,
    account_name,
    owner_id,
    industry,
    region,
    status,
    source,
    created_on,
    true as is_listed
from known
union all
select
    strangers.account_id,
    coalesce(ranked.account_name, strangers.account_id) as account_name,
    ranked.owner_id,
    ranked.industry,
    ranked.region,
    ranked.status,
    ranked.source,
    ranked.created_on,
    ranked.account_id is not null as is_listed
from strangers
left join ranked on strangers.account_id = ranked.account_id and ranked.place = 1
