-- One row per order that another source tells as well and that therefore does not count, with the one
-- that does. Two orders of different sources are one if they have the same number and the same customer
-- or amount; or if customer, currency and state agree, the amounts to 0.01 and the dates to
-- order_match_days days, and they name the same opportunity, or one stands in the books and one of them
-- names no opportunity. What stands in the books counts, else what was loaded last (same number) or the
-- first source by name.
with stated as (
    select * from {{ ref('int_orders__stated') }}
    -- One source alone has no doubles, and most companies have no more.
    where (select count(distinct source) from {{ ref('int_orders__stated') }}) > 1
),

ranked as (
    select
        *,
        row_number() over same_number as place,
        first_value(source) over same_number as first_source,
        first_value(account_id) over same_number as first_account_id,
        first_value(original_amount) over same_number as first_amount
    from stated
    window same_number as (
        partition by order_id
        order by case when is_booked then 0 else 1 end asc, _loaded_at desc, source asc
    )
),

-- A number with nothing else in common is a number used twice.
numbered as (
    select
        *,
        place > 1
        and coalesce(
            account_id = first_account_id or abs(original_amount - first_amount) <= 0.01, false
        ) as is_double
    from ranked
),

pairs as (
    select
        here.source,
        here.order_id,
        there.source as kept_source,
        there.order_id as kept_order_id,
        case when there.is_booked then 1 else 2 end as trust,
        coalesce(here.opportunity_id = there.opportunity_id, false) as same_opportunity,
        abs({{ days_between('here.ordered_on', 'there.ordered_on') }}) as days_apart
    from numbered as here
    inner join numbered as there
        on
            here.account_id = there.account_id
            and here.currency = there.currency
            and here.is_cancelled = there.is_cancelled
            and here.source != there.source
    where
        not here.is_double
        and not there.is_double
        and abs(here.original_amount - there.original_amount) <= 0.01
        and abs({{ days_between('here.ordered_on', 'there.ordered_on') }}) <= {{ order_match_days() }}
        and (
            (there.is_booked and not here.is_booked)
            or (there.is_booked = here.is_booked and there.source < here.source)
        )
        and (
            here.opportunity_id = there.opportunity_id
            or (
                there.is_booked
                and not here.is_booked
                and (here.opportunity_id is null or there.opportunity_id is null)
            )
        )
),

-- One to one: the nearest of each other, then the nearest of those that are left.
{{ nearest_pairs('pairs', 'first_round') }},

left_over as (
    {{ pairs_beside('pairs', 'first_round') }}
),

{{ nearest_pairs('left_over', 'second_round') }},

found as (
    select
        source,
        order_id,
        first_source as kept_source,
        order_id as kept_order_id,
        0 as trust
    from numbered
    where is_double
    union all
    select * from first_round
    union all
    select * from second_round
),

single as (
    {{ newest_of('found', 'source, order_id', 'trust, kept_source') }}
)

-- The one that counts may have been found to be another's double itself: then that one counts.
select
    single.source,
    single.order_id,
    coalesce(further.kept_source, single.kept_source) as kept_source,
    coalesce(further.kept_order_id, single.kept_order_id) as kept_order_id,
    case single.trust when 0 then 'number' else 'match' end as rule
from single
left join single as further
    on single.kept_source = further.source and single.kept_order_id = further.order_id
left join single as beyond
    on further.kept_source = beyond.source and further.kept_order_id = beyond.order_id
where beyond.order_id is null
