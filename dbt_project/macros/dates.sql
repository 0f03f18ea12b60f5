{#- Dates and times. Add here: date arithmetic that DuckDB and Spark spell differently.
    Keep out: what a period is (int_calendar__periods) and what a workday is (int_calendar__days). -#}

{#- The day the figures are for, as a date. With the variable `as_of` it is that day; without, the day
    that the warehouse was bound for, so that the compiled SQL is the same every night. -#}
{% macro as_of_date() -%}
    {% if var('as_of', none) %}cast('{{ var("as_of") }}' as date){% else %}config.as_of_day(){% endif %}
{%- endmacro %}

{#- UTC timestamp -> wall clock of the company, a timestamp without zone. -#}
{% macro to_company_time(moment) -%}
    {{ adapter.dispatch('to_company_time', 'forewarn')(moment) }}
{%- endmacro %}
{% macro duckdb__to_company_time(moment) -%}
    timezone('{{ var("timezone") }}', {{ moment }})
{%- endmacro %}
{% macro default__to_company_time(moment) -%}
    from_utc_timestamp({{ moment }}, '{{ var("timezone") }}')
{%- endmacro %}

{#- Wall clock of the company, a timestamp without zone -> the UTC moment. -#}
{% macro to_utc(moment) -%}
    {{ adapter.dispatch('to_utc', 'forewarn')(moment) }}
{%- endmacro %}
{% macro duckdb__to_utc(moment) -%}
    timezone('{{ var("timezone") }}', {{ moment }})
{%- endmacro %}
{% macro default__to_utc(moment) -%}
    to_utc_timestamp({{ moment }}, '{{ var("timezone") }}')
{%- endmacro %}

{#- UTC timestamp -> the company's calendar day: 23:30 UTC is already tomorrow in Shanghai. -#}
{% macro to_company_date(moment) -%}
    cast({{ to_company_time(moment) }} as date)
{%- endmacro %}

{#- Calendar days from start to end: 0 on the same day. -#}
{% macro days_between(start_day, end_day) -%}
    {{ adapter.dispatch('days_between', 'forewarn')(start_day, end_day) }}
{%- endmacro %}
{% macro duckdb__days_between(start_day, end_day) -%}
    date_diff('day', {{ start_day }}, {{ end_day }})
{%- endmacro %}
{% macro default__days_between(start_day, end_day) -%}
    cast(datediff({{ end_day }}, {{ start_day }}) as bigint)
{%- endmacro %}

{#- A date moved by a whole number of days (an expression or a literal), as a date. -#}
{% macro add_days(day, days) -%}
    {{ adapter.dispatch('add_days', 'forewarn')(day, days) }}
{%- endmacro %}
{% macro duckdb__add_days(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}
{% macro default__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{#- Rows instead of one: each day from the first to the last, both included; a column of a select list. -#}
{% macro each_day(first_day, last_day) -%}
    {{ adapter.dispatch('each_day', 'forewarn')(first_day, last_day) }}
{%- endmacro %}
{% macro duckdb__each_day(first_day, last_day) -%}
    cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro %}
{% macro default__each_day(first_day, last_day) -%}
    explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day))
{%- endmacro %}

{#- A date moved by whole months, as a date. -#}
{% macro add_months(day, months) -%}
    {{ adapter.dispatch('add_months', 'forewarn')(day, months) }}
{%- endmacro %}
{% macro duckdb__add_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}
{% macro default__add_months(day, months) -%}
    add_months({{ day }}, cast({{ months }} as int))
{%- endmacro %}

{#- Time from one local timestamp to another in days with decimals. -#}
{% macro exact_days_between(start_at, end_at) -%}
    {{ adapter.dispatch('exact_days_between', 'forewarn')(start_at, end_at) }}
{%- endmacro %}
{% macro duckdb__exact_days_between(start_at, end_at) -%}
    (epoch({{ end_at }}) - epoch({{ start_at }})) / 86400.0
{%- endmacro %}
{% macro default__exact_days_between(start_at, end_at) -%}
    (
        unix_micros(cast({{ end_at }} as timestamp)) / 1e6
        - unix_micros(cast({{ start_at }} as timestamp)) / 1e6
    ) / 8.64e4
{%- endmacro %}

{#- Workdays after the first day up to and including the second; never negative. Both arguments are
    aliases of int_calendar__days joined on the two days. Weekends, holidays and leave-free make-up
    days are already in workday_index, so no loop over days is needed. -#}
{% macro workdays_between(start_calendar, end_calendar) -%}
    greatest({{ end_calendar }}.workday_index - {{ start_calendar }}.workday_index, 0)
{%- endmacro %}
