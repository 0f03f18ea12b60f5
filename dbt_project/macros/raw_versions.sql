{#- What the raw zone holds of any CRM: every version that was read, and lists of all ids of a moment.
    Add here: a reading of versions that is the same for several systems. Keep out: what one system
    calls its tables and stamps (`<system>.sql`), and the uniting of systems (union_staging.sql). -#}

{#- The newest version of each record that still exists: its `id` is in the newest list of ids, or it
    was read after that list. `versions`: a relation with source, id and _loaded_at; `sweeps`: the lists,
    of which those count whose column `swept_in` is `swept_as`; no list at all takes nothing away.
    `newest_first` orders the versions of a record. `marked_gone`: a version may also say itself, in
    _deleted, that the record is gone. The rank has a name of its own, so that newest_of can follow. -#}
{% macro alive_versions(versions, sweeps, swept_as, newest_first, swept_in='object', marked_gone=false) -%}
    select versions.*
    from (
        select
            *,
            row_number() over (partition by source, id order by {{ newest_first }}) as alive_rank
        from {{ versions }}
    ) as versions
    left join (
        select
            source,
            max(_loaded_at) as swept_at
        from {{ sweeps }}
        where {{ swept_in }} = '{{ swept_as }}'
        group by source
    ) as sweeps
        on versions.source = sweeps.source
    left join (
        select distinct
            source,
            id,
            _loaded_at
        from {{ sweeps }}
        where {{ swept_in }} = '{{ swept_as }}'
    ) as seen
        on versions.source = seen.source and versions.id = seen.id and sweeps.swept_at = seen._loaded_at
    where
        versions.alive_rank = 1
        {%- if marked_gone %}
        and not coalesce(versions._deleted, false)
        {%- endif %}
        and (sweeps.swept_at is null or versions._loaded_at > sweeps.swept_at or seen.id is not null)
{%- endmacro %}

{#- Rows of the newest load of a small table that every night reads whole. -#}
{% macro newest_load_of(relation) -%}
    select rows_of_all_nights.*
    from {{ relation }} as rows_of_all_nights
    inner join (
        select
            source,
            max(_loaded_at) as newest_load
        from {{ relation }}
        group by source
    ) as last_loads
        on rows_of_all_nights.source = last_loads.source and rows_of_all_nights._loaded_at = last_loads.newest_load
{%- endmacro %}

{#- What brings a parent the most: of `group_name` (family, line, group of products) the one whose items
    sum up to the most. `items` and `products` are relations, joined by source and `item_key` =
    `product_key`; one row per source and `parent`. -#}
{% macro leading_group(items, products, item_key, product_key, parent, group_name, amount) -%}
    select
        source,
        {{ parent }},
        {{ group_name }}
    from (
        select
            items.source,
            items.{{ parent }},
            products.{{ group_name }},
            row_number() over (
                partition by items.source, items.{{ parent }}
                order by sum(items.{{ amount }}) desc nulls last, products.{{ group_name }}
            ) as group_rank
        from {{ items }} as items
        inner join {{ products }} as products
            on items.source = products.source and items.{{ item_key }} = products.{{ product_key }}
        where products.{{ group_name }} is not null
        group by items.source, items.{{ parent }}, products.{{ group_name }}
    ) as ranked
    where group_rank = 1
{%- endmacro %}
