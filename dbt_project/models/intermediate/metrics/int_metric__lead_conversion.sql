-- Of the leads whose first 30 days ended in the period, those converted within these 30 days. The
-- window is the same for all, so an old period does not look better for having had more time.
with events as (
    select
        {{ add_days('created_on', 30) }} as event_on,
        lead_id as record_id,
        owner_id,
        team_id,
        region,
        '' as dimension,
        case when converted_on <= {{ add_days('created_on', 30) }} then 1 else 0 end as numerator,
        1 as denominator,
        1 as cases
    from {{ ref('int_metrics__leads') }}
    where {{ add_days('created_on', 30) }} <= {{ as_of_date() }}
),

{{ metric_rows('events', 'lead_conversion', 'share', 'leads', product_line=none) }}
