{#- What the staging models of 销售易 share. Add here: a reading of its raw tables that several models
    need, or words of its picklists. Keep out: anything of other systems, and columns of one entity. -#}

{#- The newest version of each record that still exists. The system tells of no deletion: a record is
    gone if a later list of all ids (raw table id_sweep) lacks it. Such a list ends in a row without
    an id, so an empty one is a list, too. `object` is what id_sweep calls the table's records. The
    load comes before the time of change, which not every change moves. -#}
{% macro neocrm_current(table, object) -%}
    {{ alive_versions(
        neocrm_versions(table),
        source('raw', 'neocrm__id_sweep'),
        object,
        '_loaded_at desc, updated_at desc'
    ) }}
{%- endmacro %}

{#- All versions of a table; objects of the company's own have their stamps under other names. -#}
{% macro neocrm_versions(table) -%}
    {%- if table.startswith('custom_') -%}
    (
        select
            *,
            record_updated_at as updated_at
        from {{ source('raw', 'neocrm__' ~ table) }}
    ) as own_records
    {%- else -%}
    {{ source('raw', 'neocrm__' ~ table) }}
    {%- endif -%}
{%- endmacro %}

{#- Rows of the newest load of a table that every night reads whole. -#}
{% macro neocrm_whole(table) -%}
    {{ newest_load_of(source('raw', 'neocrm__' ~ table)) }}
{%- endmacro %}

{#- What a value may stand for, by id or by any other way to write it: one row per source and value.
    `keys` are the columns that may hold the value, `meanings` what it means; a meaning that is not the
    same in all rows is null. `where`: which rows count. -#}
{% macro neocrm_meanings(relation, keys, meanings, where='true') -%}
    select
        source,
        written,
        {%- for meaning in meanings %}
        case when min({{ meaning }}) = max({{ meaning }}) then min({{ meaning }}) end as {{ meaning }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        {%- for key in keys %}
        select
            source,
            {{ key }} as written,
            {{ meanings | join(', ') }}
        from ({{ relation }}) as by_{{ key }}
        where {{ key }} is not null and {{ where }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as ways_to_write
    group by source, written
{%- endmacro %}

{#- Stages by id and by every name they have ever had: the name now, and the percentage. Lists of all
    nights count, since a stage that was taken off the list still stands in old records. -#}
{% macro neocrm_stages() -%}
    {%- set stages -%}
    select
        source,
        id,
        stage_name as name_that_night,
        last_value(stage_name) over (
            partition by source, id order by _loaded_at, entity_type
            rows between unbounded preceding and unbounded following
        ) as stage_name,
        last_value(percent) over (
            partition by source, id order by _loaded_at, entity_type
            rows between unbounded preceding and unbounded following
        ) as percent
    from {{ source('raw', 'neocrm__stage') }}
    {%- endset -%}
    {{ neocrm_meanings(stages, ['id', 'name_that_night'], ['stage_name', 'percent']) }}
{%- endmacro %}

{#- Opportunities with the stage in words and how they ended: outcome is won, lost or open. The state
    of the record decides, else the percentage of its stage (100 won, 0 lost). A deal may be lost by
    its state alone while the stage stays where it was: then the state is its stage (is_by_status). -#}
{% macro neocrm_judged(relation) -%}
    select
        told.*,
        coalesce(closed_by_status, closed_by_stage, 'open') as outcome,
        case
            when custom_stage is not null then custom_stage
            when closed_by_status != coalesce(closed_by_stage, 'open') and percent is not null then trim(status)
            else stage_told
        end as stage,
        custom_stage is null
        and coalesce(closed_by_status != coalesce(closed_by_stage, 'open') and percent is not null, false)
            as is_by_status
    from (
        select
            deals.*,
            stages.percent,
            coalesce(stages.stage_name, deals.sale_stage_id) as stage_told,
            case
                when lower(trim(deals.status)) in ('赢单', '已赢单', '成交', '已成交', 'won', 'closed won')
                    then 'won'
                when
                    lower(trim(deals.status)) in (
                        '输单', '已输单', '丢单', '已丢单', '失单', 'lost', 'closed lost'
                    )
                    then 'lost'
            end as closed_by_status,
            case
                when stages.percent = 100 then 'won'
                when
                    stages.percent = 0
                    and coalesce(lower(trim(deals.status)), '') not in ('进行中', '跟进中', 'open')
                    then 'lost'
            end as closed_by_stage
        from ({{ relation }}) as deals
        left join ({{ neocrm_stages() }}) as stages
            on deals.source = stages.source and deals.sale_stage_id = stages.written
    ) as told
{%- endmacro %}

{#- The ISO code of a currency by its label or code, and the tenant's own where nothing is said: the
    one whose rate is 1. -#}
{% macro neocrm_currencies() -%}
    {{ neocrm_meanings(neocrm_whole('currency'), ['label', 'code', 'currency_code'], ['currency_code']) }}
{%- endmacro %}
{% macro neocrm_home_currency() -%}
    select
        source,
        min(currency_code) as currency_code
    from ({{ neocrm_whole('currency') }}) as currencies
    where rate = 1
    group by source
    having min(currency_code) = max(currency_code)
{%- endmacro %}

{#- A flag that comes as 0/1, true/false or a label; what is none of these is null. -#}
{% macro neocrm_flag(value) -%}
    case
        when
            lower(trim({{ value }})) in (
                '1', 'true', 'yes', 'y', '是', '激活', '已激活', '启用', '已启用', '正常', '在职', 'active', 'enabled'
            )
            then true
        when
            lower(trim({{ value }})) in (
                '0', '2', 'false', 'no', 'n', '否', '禁用', '已禁用', '停用', '已停用', '冻结', '离职', '已离职', '未激活',
                'inactive', 'disabled'
            )
            then false
    end
{%- endmacro %}

{#- What a target is for, by its canonical word or its label in a picklist. -#}
{% macro neocrm_scope_type(value) -%}
    case
        when lower({{ value }}) in ('公司', '全公司') then 'company'
        when {{ value }} in ('大区', '区域') then 'region'
        when {{ value }} in ('部门', '团队') then 'team'
        when {{ value }} in ('个人', '员工', '销售') then 'rep'
        when {{ value }} = '产品线' then 'product_line'
        else lower({{ value }})
    end
{%- endmacro %}

{#- Changes of fields of opportunities by the tenant's log, each once: windows overlap. -#}
{% macro neocrm_logged(items) -%}
    select *
    from (
        select
            *,
            row_number() over (partition by source, log_id order by _loaded_at desc) as copy_number
        from {{ source('raw', 'neocrm__field_history') }}
        where item in ('{{ items | join("', '") }}') and coalesce(object, 'opportunity') = 'opportunity'
    ) as log_rows
    where copy_number = 1
{%- endmacro %}

{#- An amount that comes as text, perhaps with thousands marked; what is no number is null. -#}
{% macro neocrm_money(value) -%}
    try_cast(replace({{ value }}, ',', '') as decimal(18, 2))
{%- endmacro %}

{#- The CTE `filled`: a row per record and moment at which a column changed, with all columns as they
    were from then on. `columns`: column -> (the flag of events that tell it, its value before one).
    Each stretch between two events that tell a column holds exactly one row with its value. -#}
{% macro neocrm_filled(events, columns) -%}
numbered as (
    select
        *,
        {%- for column, (told, before) in columns.items() %}
        sum({{ told }}) over (
            partition by source, id order by changed_at, event_rank, event_id rows unbounded preceding
        ) as number_of_{{ column }},
        {%- endfor %}
        row_number() over (
            partition by source, id, changed_at order by event_rank desc, event_id desc
        ) as moment_rank
    from {{ events }}
),

stretched as (
    select
        source,
        id,
        changed_at,
        moment_rank,
        {%- for column, (told, before) in columns.items() %}
        case
            when number_of_{{ column }} > 0
                then max({{ column }}) over (partition by source, id, number_of_{{ column }})
            else
                max(case when {{ told }} = 1 and number_of_{{ column }} = 1 then {{ before }} end)
                    over (partition by source, id)
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from numbered
),

followed as (
    select
        *,
        row_number() over (partition by source, id order by changed_at) as moment_number,
        {%- for column in columns %}
        lag({{ column }}) over (partition by source, id order by changed_at) as {{ column }}_before
        {{- ',' if not loop.last }}
        {%- endfor %}
    from stretched
    where moment_rank = 1
),

filled as (
    select * from followed
    where
        moment_number = 1
        {%- for column in columns %}
        or {{ column }} is distinct from {{ column }}_before
        {%- endfor %}
)
{%- endmacro %}
