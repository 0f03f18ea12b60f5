{#- Uniting the systems. Add here: what all systems have in common once they are staged.
    Keep out: what one system calls a thing (that is its staging folder), and which columns an
    entity has (var canonical_columns). -#}

{#- The type in SQL of a kind of column. -#}
{% macro column_type(kind) -%}
    {{ {
        'text': 'string', 'money': 'decimal(18, 2)', 'date': 'date', 'flag': 'boolean',
        'timestamp': 'timestamp' if target.type == 'spark' else 'timestamptz',
    }[kind] }}
{%- endmacro %}

{#- One canonical entity from every system in var('systems') whose staging folder gives it
    (var staging_entities); an empty relation with the same columns if none does. -#}
{% macro union_staging(entity) -%}
    {%- set columns = dict(
        var('canonical_columns')[entity], source='text', _loaded_at='timestamp'
    ) -%}
    {%- set givers = [] -%}
    {%- for system in var('systems') if entity in var('staging_entities').get(system, []) -%}
        {%- do givers.append(system) -%}
    {%- endfor -%}
    {%- for system in givers %}
    select {{ columns | join(', ') }}
    from {{ ref('stg_' ~ system ~ '__' ~ entity) }}
    {{ only_sound_rows(entity) }}
    {%- if not loop.last %}
    union all
    {%- endif -%}
    {%- else %}
    select
        {%- for name, kind in columns.items() %}
        cast(null as {{ column_type(kind) }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{%- endmacro %}

{#- Events of the stage history that two loads tell and no record of the system, by source and event: systems
    without a history that can be read mark them (is_observed). -#}
{% macro seen_between_loads() -%}
    {%- set givers = [] -%}
    {%- for system in var('systems') if system in var('systems_seen_between_loads') -%}
        {%- do givers.append(system) -%}
    {%- endfor -%}
    {%- for system in givers %}
    select distinct
        source,
        event_id
    from {{ ref('stg_' ~ system ~ '__stage_history') }}
    where is_observed
    {%- if not loop.last %}
    union all
    {%- endif -%}
    {%- else %}
    select
        cast(null as string) as source,
        cast(null as string) as event_id
    where false
    {%- endfor %}
{%- endmacro %}

{#- A row that lacks what its entity cannot do without, or whose event lies before any plausible day, is set
    aside, one by one: it may not stop a night. quality/set_aside.py counts and names these rows by the same
    rule. Every use below reads the sound rows only. -#}
{% macro only_sound_rows(entity) -%}
    {%- set kinds = var('canonical_columns')[entity] -%}
    {%- set rules = [] -%}
    {%- for name in var('required_columns')[entity] -%}
        {%- do rules.append(
            'nullif(trim(' ~ name ~ "), '') is not null" if kinds[name] == 'text' else name ~ ' is not null'
        ) -%}
    {%- endfor -%}
    {%- if entity in var('event_columns') -%}
        {%- do rules.append(
            'coalesce(' ~ var('event_columns')[entity] ~ " >= cast('" ~ var('first_plausible_day') ~ "' as "
            ~ column_type('timestamp') | trim ~ '), true)'
        ) -%}
    {%- endif -%}
    {%- if rules %}where {{ rules | join(' and ') }}{% endif -%}
{%- endmacro %}

{#- The newest of several rows with one key, e.g. the same record in two exported files.
    `newest_first` must end in something unique, so that every engine keeps the same row. -#}
{% macro newest_of(relation, key, newest_first) -%}
    select * from (
        select
            *,
            row_number() over (partition by {{ key }} order by {{ newest_first }}) as version_rank
        from {{ relation }}
    ) as ranked
    where version_rank = 1
{%- endmacro %}
