-- Every follow-up, of either direction, credited to the owner on the day it took place.
with {{ activity_events('1', '0') }},

{{ metric_rows('events', 'activities', 'count', 'activities', product_line=none) }}
