{#- 简道云. Add here: what several of its staging models need. Keep out: columns of one entity.

    The raw zone holds every version that was read, and lists of the ids that a form had at a load
    (raw table live_ids, whose row '-' says that the ids were listed at all). -#}

{#- The newest list of ids of an entity: counted_at per source, and the ids themselves. -#}
{% macro jiandaoyun_live(entity) -%}
    select
        ids.source,
        ids.record_id,
        ids._loaded_at as counted_at
    from {{ source('raw', 'jiandaoyun__live_ids') }} as ids
    inner join (
        select
            source,
            max(_loaded_at) as counted_at
        from {{ source('raw', 'jiandaoyun__live_ids') }}
        where entity = '{{ entity }}'
        group by source
    ) as newest on ids.source = newest.source and ids._loaded_at = newest.counted_at
    where ids.entity = '{{ entity }}'
{%- endmacro %}

{#- The newest version of each record that is not deleted: neither marked, nor missing in the newest
    list of ids. `record` is the id the list holds; its rows of one load stand or fall together. -#}
{% macro jiandaoyun_current(entity, record) -%}
    select ranked.*
    from (
        select
            *,
            rank() over (
                partition by source, {{ record }} order by updated_at desc nulls last, _loaded_at desc
            ) as version_rank
        from {{ source('raw', 'jiandaoyun__' ~ entity) }}
    ) as ranked
    left join ({{ jiandaoyun_live(entity) }}) as live
        on ranked.source = live.source and ranked.{{ record }} = live.record_id
    left join ({{ jiandaoyun_live(entity) }}) as listed
        on ranked.source = listed.source and listed.record_id = '-'
    where
        ranked.version_rank = 1
        and not ranked._deleted
        and (
            live.record_id is not null
            or listed.counted_at is null
            or ranked._loaded_at > listed.counted_at
        )
{%- endmacro %}

{#- Names that one record alone bears: what keys a link carries beside the name no manual says, so a
    link is resolved by its id where that is known here, else by its name. -#}
{% macro jiandaoyun_by_name(entity, key, name) -%}
    select
        source,
        {{ name }},
        min({{ key }}) as {{ key }}
    from {{ ref('stg_jiandaoyun__' ~ entity) }}
    where {{ name }} is not null
    group by source, {{ name }}
    having count(*) = 1
{%- endmacro %}

{#- CTEs: the customers, and those that a name finds. -#}
{% macro jiandaoyun_accounts() -%}
accounts as (
    select * from {{ ref('stg_jiandaoyun__accounts') }}
),

account_names as (
    {{ jiandaoyun_by_name('accounts', 'account_id', 'account_name') }}
)
{%- endmacro %}

{#- CTEs: the deals, and those that a name finds. -#}
{% macro jiandaoyun_deals() -%}
deals as (
    select * from {{ ref('stg_jiandaoyun__opportunities') }}
),

deal_names as (
    {{ jiandaoyun_by_name('opportunities', 'opportunity_id', 'opportunity_name') }}
)
{%- endmacro %}
