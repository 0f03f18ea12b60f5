{#- What the staging models of Zoho CRM share. Add here: a reading of its raw tables that several
    models need. Keep out: anything of other systems, and canonical names. -#}

{#- The newest version of each record that still exists. A record is gone if its newest version says
    so, or if a later load of everything did not bring it: then it was deleted unseen. The load comes
    before the time of change, since a restored record may come back with its old time. -#}
{% macro zoho_current(table) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by source, id order by _loaded_at desc, modified_time desc, _deleted desc
            ) as version_rank,
            max(case when _full then _loaded_at end) over (partition by source) as swept_at
        from {{ source('raw', 'zoho__' ~ table) }}
    ) as {{ table }}_versions
    where
        version_rank = 1
        and not _deleted
        and (swept_at is null or _loaded_at >= swept_at)
{%- endmacro %}

{#- Rows of the newest load of a list that every night reads whole. -#}
{% macro zoho_whole(table) -%}
    {{ newest_load_of(source('raw', 'zoho__' ~ table)) }}
{%- endmacro %}
