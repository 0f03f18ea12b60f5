-- A failing row is a mart that holds a day after the as-of day.
with latest as (
    select
        'fct_opportunities' as mart,
        max(greatest(created_on, closed_on, stage_entered_on)) as latest_day
    from {{ ref('fct_opportunities') }}
    union all
    select
        'fct_stage_events' as mart,
        max(greatest(entered_on, left_on)) as latest_day
    from {{ ref('fct_stage_events') }}
    union all
    select
        'fct_activities' as mart,
        max(occurred_on) as latest_day
    from {{ ref('fct_activities') }}
    union all
    select
        'fct_orders' as mart,
        max(greatest(ordered_on, delivered_on)) as latest_day
    from {{ ref('fct_orders') }}
    union all
    select
        'fct_pipeline_daily' as mart,
        max(date_day) as latest_day
    from {{ ref('fct_pipeline_daily') }}
    union all
    select
        'fct_pipeline_movement' as mart,
        max(week_start) as latest_day
    from {{ ref('fct_pipeline_movement') }}
    union all
    select
        'fct_account_health' as mart,
        max(greatest(last_order_on, last_contact_on)) as latest_day
    from {{ ref('fct_account_health') }}
    union all
    select
        'dim_rep' as mart,
        max(greatest(valid_from, valid_to)) as latest_day
    from {{ ref('dim_rep') }}
)

select * from latest
where latest_day > {{ as_of_date() }}
