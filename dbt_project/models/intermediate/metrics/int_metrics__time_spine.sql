-- One row per day: what the semantic layer lays time on.
select date_day from {{ ref('int_calendar__days') }}
