-- Follow-ups in which the customer made the move, of those whose direction is known.
with {{ activity_events(
    "case when activities.direction = 'inbound' then 1 else 0 end", '1', only='activities.direction is not null'
) }},

{{ metric_rows('events', 'inbound_share', 'share', 'activities', product_line=none) }}
