-- From which day on the data of a subject is whole. Deals: from the first close on, because what is known
-- from before is only what was still open when records began; follow-ups likewise. Orders: from the first
-- order. Leads: from the first lead. Silence: once follow-ups are known for as long as it takes. A subject
-- without data has no row, so its metrics have none.
with first_days as (
    select
        'orders' as subject,
        min(ordered_on) as starts_on
    from {{ ref('int_orders__united') }}
    union all
    select
        'credits' as subject,
        min(credited_on) as starts_on
    from {{ ref('int_targets__credit_events') }}
    union all
    select
        'deals' as subject,
        min(entered_on) as starts_on
    from {{ ref('int_opportunities__events') }}
    where is_close
    union all
    select
        'leads' as subject,
        min(created_on) as starts_on
    from {{ ref('int_metrics__leads') }}
),

follow_ups as (
    select
        'activities' as subject,
        greatest(min(activities.occurred_on), max(first_days.starts_on)) as starts_on
    from {{ ref('int_activities__united') }} as activities
    left join first_days
        on first_days.subject = 'deals'
)

select * from first_days
where starts_on is not null
union all
select * from follow_ups
where starts_on is not null
union all
select
    'silence' as subject,
    {{ add_days('starts_on', var('silence_days')) }} as starts_on
from follow_ups
where starts_on is not null
