-- One row per event that counts towards a target, with whom it is credited to.
-- revenue_basis decides: orders (by order date, cancelled ones out) or won opportunities (by the
-- day of closing). A new account counts once, on its first such event over all history.
-- voided_on: the day on which the win was taken back by reopening the deal; it counts on the days before.
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
        cast(null as date) as voided_on,
        orders.amount
    from {{ ref('int_orders__united') }} as orders
    left join {{ ref('int_reps__history') }} as stays
        on
            orders.owner_id = stays.rep_id
            and orders.ordered_on between stays.covers_from and stays.covers_to
    where not orders.is_cancelled
    {% else %}
    select
        wins.opportunity_id as deal_id,
        deals.account_id,
        wins.opportunity_id,
        wins.owner_id,
        wins.team_id,
        wins.region,
        wins.product_line,
        wins.entered_on as credited_on,
        wins.left_on as voided_on,
        case when wins.left_on is null then deals.amount else wins.amount end as amount
    from {{ ref('int_opportunities__events') }} as wins
    inner join {{ ref('int_opportunities__state') }} as deals
        on wins.opportunity_id = deals.opportunity_id
    where
        wins.outcome = 'won'
        -- Won and reopened on one day: no evening ever saw it won.
        and (wins.left_on is null or wins.left_on > wins.entered_on)
    {% endif %}
),

ordered_deals as (
    select
        *,
        max(coalesce(voided_on, cast('9999-12-31' as date))) over (
            partition by account_id order by credited_on, deal_id
            rows between unbounded preceding and 1 preceding
        ) as customer_until,
        min(credited_on) over () as records_from
    from deals
),

-- A customer is new again if all its deals before had been taken back; as long as one stands, it is one.
spells as (
    select
        *,
        sum(case when credited_on < customer_until then 0 else 1 end) over (
            partition by account_id order by credited_on, deal_id
            rows between unbounded preceding and current row
        ) as spell
    from ordered_deals
),

firsts as (
    select
        *,
        row_number() over (partition by account_id, spell order by credited_on, deal_id) as deal_number,
        max(coalesce(voided_on, cast('9999-12-31' as date))) over (partition by account_id, spell)
            as customer_to
    from spells
)

{% for metric, amount in [('revenue', 'coalesce(amount, 0)'), ('orders', '1')] -%}
select
    '{{ metric }}' as metric,
    deal_id,
    opportunity_id,
    account_id,
    owner_id,
    team_id,
    region,
    product_line,
    credited_on,
    voided_on,
    {{ amount }} as amount
from deals
union all
{% endfor -%}
select
    'new_accounts' as metric,
    firsts.deal_id,
    firsts.opportunity_id,
    firsts.account_id,
    firsts.owner_id,
    firsts.team_id,
    firsts.region,
    firsts.product_line,
    firsts.credited_on,
    case when firsts.customer_to < cast('9999-12-31' as date) then firsts.customer_to end as voided_on,
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
