{#- What the staging models of Salesforce share. Add here: a reading of its raw tables that several
    models need. Keep out: anything of other systems, and canonical names. -#}

{#- The newest version of each record that still exists. A record is gone if its newest version says
    so, or if a later list of all ids (raw table id_sweep) lacks it: then it was purged unseen. -#}
{% macro salesforce_current(table, object, stamp='system_modstamp') -%}
    select versions.*
    from (
        select
            *,
            row_number() over (
                partition by source, id
                order by {{ stamp }} desc nulls last, _loaded_at desc, _deleted desc nulls last
            ) as version_rank
        from {{ source('raw', 'salesforce__' ~ table) }}
    ) as versions
    left join (
        select
            source,
            max(_loaded_at) as swept_at
        from {{ source('raw', 'salesforce__id_sweep') }}
        where object = '{{ object }}'
        group by source
    ) as sweeps
        on versions.source = sweeps.source
    left join (
        select distinct
            source,
            id,
            _loaded_at
        from {{ source('raw', 'salesforce__id_sweep') }}
        where object = '{{ object }}'
    ) as seen
        on versions.source = seen.source and versions.id = seen.id and sweeps.swept_at = seen._loaded_at
    where
        versions.version_rank = 1
        and not coalesce(versions._deleted, false)
        and (sweeps.swept_at is null or versions._loaded_at > sweeps.swept_at or seen.id is not null)
{%- endmacro %}

{#- Rows of the newest load of a small table that every night reads whole. -#}
{% macro salesforce_whole(table) -%}
    select rows_of_all_nights.*
    from {{ source('raw', 'salesforce__' ~ table) }} as rows_of_all_nights
    inner join (
        select
            source,
            max(_loaded_at) as newest_load
        from {{ source('raw', 'salesforce__' ~ table) }}
        group by source
    ) as newest
        on rows_of_all_nights.source = newest.source and rows_of_all_nights._loaded_at = newest.newest_load
{%- endmacro %}

{#- The family that sums up the most of a parent's line items: its product line. -#}
{% macro salesforce_families(table, object, parent) -%}
    select
        source,
        {{ parent }},
        family
    from (
        select
            items.source,
            items.{{ parent }},
            products.family,
            row_number() over (
                partition by items.source, items.{{ parent }}
                order by sum(items.total_price) desc nulls last, products.family
            ) as family_rank
        from ({{ salesforce_current(table, object) }}) as items
        inner join ({{ salesforce_current('product2', 'Product2') }}) as products
            on items.source = products.source and items.product2_id = products.id
        where products.family is not null
        group by items.source, items.{{ parent }}, products.family
    ) as ranked
    where family_rank = 1
{%- endmacro %}

{#- A business date as a moment: the company's midnight, in UTC. -#}
{% macro company_midnight(day) -%}
    {{ return(adapter.dispatch('company_midnight', 'forewarn')(day)) }}
{%- endmacro %}
{% macro duckdb__company_midnight(day) -%}
    timezone('{{ var("timezone") }}', cast({{ day }} as timestamp))
{%- endmacro %}
{% macro default__company_midnight(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("timezone") }}')
{%- endmacro %}

{#- The label of a month, quarter or year in fiscal terms, by its first day: 2026-05, 2026-Q2, 2026. -#}
{% macro period_label(period_type, first_day) -%}
    case {{ period_type }}
        when 'month' then substr(cast({{ first_day }} as string), 1, 7)
        when 'quarter'
            then
                substr(cast({{ fiscal_start(first_day, 'year') }} as string), 1, 4)
                || '-Q'
                || cast(
                    cast(floor((month({{ first_day }}) + 12 - {{ var('fiscal_year_start') }}) % 12 / 3) + 1 as int)
                    as string
                )
        else substr(cast({{ fiscal_start(first_day, 'year') }} as string), 1, 4)
    end
{%- endmacro %}
