-- One row per stretch of time with one amount of an opportunity, in the company currency at the
-- rate of the day it was set. The first known amount holds from creation on; the current row's
-- amount holds from its last edit on, never before the last recorded change.
with deals as (
    select * from {{ ref('int_opportunities__united') }}
),

recorded as (
    select
        opportunity_id,
        changed_at,
        amount,
        change_number
    from {{ ref('int_opportunities__history') }}
    where amount is not null
    union all
    select
        opportunity_id,
        changed_at,
        amount,
        -- The record itself, after the stage changes of the same moment.
        999998 as change_number
    from {{ ref('int_opportunities__versions') }}
    where amount is not null and is_recorded
),

last_recorded as (
    select
        opportunity_id,
        max(changed_at) as changed_at
    from recorded
    group by opportunity_id
),

points as (
    select * from recorded
    union all
    select
        deals.opportunity_id,
        case
            when last_recorded.changed_at is null then deals.created_at
            else greatest(last_recorded.changed_at, deals.current_updated_at)
        end as changed_at,
        deals.current_amount as amount,
        999999 as change_number
    from deals
    left join last_recorded on deals.opportunity_id = last_recorded.opportunity_id
    where deals.current_amount is not null
),

-- At one moment the last change counts; a repeated amount is no change.
numbered as (
    select
        *,
        row_number() over (partition by opportunity_id order by changed_at, change_number) as point_number,
        lag(amount) over (partition by opportunity_id order by changed_at, change_number) as previous_amount
    from points
),

changes as (
    select * from numbered
    where
        point_number = 1
        or amount != previous_amount and cast(changed_at as date) <= {{ as_of_date() }}
)

select
    changes.opportunity_id,
    changes.amount as original_amount,
    deals.currency,
    {{ company_money('changes.amount', 'rates.rate') }} as amount,
    case
        when changes.point_number = 1 then cast('1900-01-01' as timestamp) else changes.changed_at
    end as changed_at,
    row_number() over (
        partition by changes.opportunity_id order by changes.changed_at, changes.change_number
    ) as amount_number
from changes
inner join deals on changes.opportunity_id = deals.opportunity_id
left join {{ ref('int_exchange_rates__periods') }} as rates
    on
        deals.currency = rates.currency
        and cast(
            greatest(changes.changed_at, deals.created_at) as date
        ) between rates.valid_from and rates.valid_to
