-- Projection by shrunk run rate, per judged day, period, scope and metric.
-- T target, A actual, F expected share:  m = (A + 0.3 T) / (T F + 0.3 T),  P = A + m T (1 - F),
-- sd^2 = m (1 - F) S + (0.15 T (1 - F))^2,
-- S = sum of squared deal sizes of an average earlier period of the scope; a scope with fewer than 8
-- deals in the 12 months before borrows the deal weight of its parent, else of the company: S = T x weight.
with spread as (
    select * from {{ ref('int_targets__spread') }}
),

joined as (
    select
        bookings.*,
        coalesce(own.past_deals, 0) as past_deals,
        case
            when own.past_deals >= 8 then own.period_squares
            when parent.past_deals >= 8 then cast(bookings.target_amount as double) * parent.deal_weight
            else cast(bookings.target_amount as double) * company.deal_weight
        end as squares,
        case
            when own.past_deals >= 8 then 'own'
            when parent.past_deals >= 8 then 'parent'
            when company.deal_weight is not null then 'company'
        end as spread_origin,
        case when bookings.target_amount > 0 then cast(bookings.target_amount as double) end as target,
        cast(bookings.actual_amount as double) as actual,
        coalesce(bookings.expected_share, 1.0) as share
    from {{ ref('int_targets__bookings') }} as bookings
    left join spread as own
        on {{ same_target('bookings', 'own', without=['as_of']) }}
    left join {{ ref('int_targets__parents') }} as parents
        on
            bookings.scope_type = parents.scope_type
            and bookings.scope_id = parents.scope_id
            and least(bookings.as_of, bookings.period_end) between parents.valid_from and parents.valid_to
    left join spread as parent
        on
            bookings.period_type = parent.period_type
            and bookings.period_start = parent.period_start
            and bookings.metric = parent.metric
            and parents.parent_type = parent.scope_type
            and parents.parent_id = parent.scope_id
    left join spread as company
        on
            bookings.period_type = company.period_type
            and bookings.period_start = company.period_start
            and bookings.metric = company.metric
            and company.scope_type = 'company'
),

rated as (
    select
        *,
        (actual + 0.3 * target) / (target * share + 0.3 * target) as run_rate
    from joined
)

select
    *,
    case
        when target is not null then actual + run_rate * target * (1 - share)
        -- No target to lean on: the plain run rate, once the period says enough.
        when share >= 0.15 then actual / share
    end as projected_from_run_rate,
    sqrt(
        greatest(run_rate, 0) * (1 - share) * coalesce(squares, 0)
        + power(0.15 * target * (1 - share), 2)
    ) as run_rate_deviation
from rated
