-- One row per event that counts towards a target, with whom it is credited to. revenue_basis decides:
-- orders (by order date, cancelled ones out, returns negative) or won opportunities (by the day of
-- closing). A new account counts once, on its first such event over all history. voided_on: the day on
-- which the win was taken back by reopening the deal; it counts on the days before.
with deals as (
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
        orders.amount,
        orders.is_return,
        orders.returned_on
    from {{ ref('int_orders__united') }} as orders
    left join {{ ref('int_reps__history') }} as stays
        on
            orders.owner_id = stays.rep_id
            and orders.ordered_on between stays.covers_from and stays.covers_to
    where not orders.is_cancelled and '{{ var("revenue_basis") }}' = 'orders'
    union all
    select
        wins.opportunity_id as deal_id,
        deals.account_id,
        wins.opportunity_id,
        wins.owner_id,
        wins.team_id,
        wins.region,
        wins.product_line,
        wins.entered_on as credited_on,
        wins.undone_on as voided_on,
        case when wins.undone_on is null then deals.amount else wins.amount end as amount,
        false as is_return,
        wins.undone_on as returned_on
    from {{ ref('int_opportunities__events') }} as wins
    inner join {{ ref('int_opportunities__state') }} as deals
        on wins.opportunity_id = deals.opportunity_id
    where
        '{{ var("revenue_basis") }}' = 'won'
        and wins.is_close
        and wins.outcome = 'won'
        -- Won and reopened on one day: no evening ever saw it won.
        and (wins.undone_on is null or wins.undone_on > wins.entered_on)
),

ordered_deals as (
    select
        *,
        max(coalesce(returned_on, cast('9999-12-31' as date))) over (
            partition by account_id order by credited_on, deal_id
            rows between unbounded preceding and 1 preceding
        ) as customer_until,
        min(credited_on) over () as records_from
    from deals
    where not is_return
),

-- A customer is new again if all its deals before had been taken or sent back. A return is no deal.
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
        max(coalesce(returned_on, cast('9999-12-31' as date))) over (partition by account_id, spell)
            as customer_to
    from spells
)

{%- set who = [
    'deal_id', 'opportunity_id', 'account_id', 'owner_id', 'team_id', 'region', 'product_line', 'credited_on'
] %}

{% for metric, amount in [('revenue', 'coalesce(amount, 0)'), ('orders', '1')] -%}
select
    '{{ metric }}' as metric,
    {{ who | join(', ') }},
    voided_on,
    {{ amount }} as amount
from deals
{% if metric == 'orders' %}where not is_return{% endif %}
union all
{% endfor -%}
select
    'new_accounts' as metric,
    firsts.{{ who | join(', firsts.') }},
    case when firsts.customer_to < cast('9999-12-31' as date) then firsts.customer_to end as voided_on,
    case
        when
            accounts.created_on >= firsts.records_from
            or firsts.credited_on >= {{ add_days('firsts.records_from', 365) }}
            then 1
    end as amount
from firsts
left join {{ ref('int_accounts__united') }} as accounts
    on firsts.account_id = accounts.account_id
-- A customer older than the records may have bought before them: its first deal on record makes it new
-- only if the records show a year without one. How old a customer is that has no creation date nobody
-- knows: within that year its amount is null, and so is every count that it may belong to.
where
    firsts.deal_number = 1
    and firsts.account_id is not null
    and (
        accounts.created_on is null
        or accounts.created_on >= firsts.records_from
        or firsts.credited_on >= {{ add_days('firsts.records_from', 365) }}
    )
