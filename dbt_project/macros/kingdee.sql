{#- 金蝶云星空. Add here: a reading of its raw tables that several staging models need. Keep out:
    anything of other systems, and canonical names.

    The raw zone holds every version that was read, and sweeps: all ids a form had at a load (raw
    table id_sweep). A sweep ends in a row without id, so one that found nothing is told from none. -#}

{#- The newest version of each record that still exists: the newest sweep of its form has its id, or
    it was read after that. `relation`: versions with more columns than the raw table has. -#}
{% macro kingdee_current(form, relation=none) -%}
    {{ alive_versions(
        relation or source('raw', 'kingdee__' ~ form),
        source('raw', 'kingdee__id_sweep'),
        form,
        '_loaded_at desc',
        swept_in='form'
    ) }}
{%- endmacro %}

{#- The rows inside records as the newest load of each record brought them: all of a record's rows
    come in one load, and rows that were deleted only stay away. -#}
{% macro kingdee_entries(table) -%}
    select *
    from (
        select
            *,
            max(_loaded_at) over (partition by source, parent_id) as newest_load
        from {{ source('raw', 'kingdee__' ~ table) }}
    ) as {{ table }}_loads
    where _loaded_at = newest_load
{%- endmacro %}

{#- Base data has a copy for each organisation that uses it: of one number the copy where it was
    made speaks, else the oldest. `relation` has number, create_org, use_org, id. -#}
{% macro kingdee_by_number(relation) -%}
    {{ newest_of(
        relation,
        'source, number',
        '_loaded_at desc, case when create_org = use_org then 0 else 1 end, length(id), id'
    ) }}
{%- endmacro %}

{#- Whom a salesman's number stands for. `salesmen` is the alias of stg_kingdee__salesmen joined by the
    number; a number that is not listed reads employee, post and count: HR1_GW000052_1. -#}
{% macro kingdee_person(number, salesmen='salesmen') -%}
    coalesce({{ salesmen }}.user_id, {{ kingdee_employee_part(number) }})
{%- endmacro %}

{% macro kingdee_employee_part(number) -%}
    regexp_replace({{ number }}, '_[^_]+_[0-9]+$', '')
{%- endmacro %}

{#- The states that close an opportunity, as stage names; null for one that is open. Closed without
    a result is a stage of its own, which stages.csv has to explain. -#}
{% macro kingdee_closing_stage(document_status, close_status) -%}
    case
        when {{ document_status }} = 'E' then '赢单'
        when {{ document_status }} = 'F' then '输单'
        when {{ close_status }} = '1' then '已关闭'
    end
{%- endmacro %}
