-- One row per event that counts towards a target, with whom it is credited to.
-- revenue_basis decides: orders (by order date, cancelled ones out) or won opportunities (by the
-- day of closing). A new account counts once, on its first such event over all history.
with deals as (
    {% if var('revenue_basis') == 'orders' %}
    select
        orders.order_id as deal_id,
        orders.account_id,
        orders.opportunity_id,
        orders.owner_id,
        stays.team_id,
        stays.region,
        orders.product_line,
        orders.ordered_on as credited_on,
        orders.amount
    from {{ ref('int_orders__united') }} as orders
    left join {{ ref('int_reps__history') }} as stays
        on
            orders.owner_id = stays.rep_id
            and orders.ordered_on between stays.covers_from and stays.covers_to
    where not orders.is_cancelled
    {% else %}
    select
        opportunity_id as deal_id,
        account_id,
        opportunity_id,
        owner_id,
        team_id,
        region,
        product_line,
        closed_on as credited_on,
        amount
    from {{ ref('int_opportunities__state') }}
    where outcome = 'won'
    {% endif %}
),

firsts as (
    select
        *,
        row_number() over (partition by account_id order by credited_on, deal_id) as deal_number,
        min(credited_on) over () as records_from
    from deals
)

select
    'revenue' as metric,
    deal_id,
    opportunity_id,
    owner_id,
    team_id,
    region,
    product_line,
    credited_on,
    coalesce(amount, 0) as amount
from deals
union all
select
    'orders' as metric,
    deal_id,
    opportunity_id,
    owner_id,
    team_id,
    region,
    product_line,
    credited_on,
    1 as amount
from deals
union all
select
    'new_accounts' as metric,
    firsts.deal_id,
    firsts.opportunity_id,
    firsts.owner_id,
    firsts.team_id,
    firsts.region,
    firsts.product_line,
    firsts.credited_on,
    1 as amount
from firsts
left join {{ ref('int_accounts__united') }} as accounts
    on firsts.account_id = accounts.account_id
-- A customer older than the records may have bought before them: its first deal on record makes it new
-- only if the records show a year without one.
where
    firsts.deal_number = 1
    and firsts.account_id is not null
    and (
        accounts.created_on >= firsts.records_from
        or firsts.credited_on >= {{ add_days('firsts.records_from', 365) }}
    )
