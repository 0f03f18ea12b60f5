{#- Constraints that the models' yml files declare, checked by one query per model (test as_declared).
    Add here: a kind of constraint, and how a breach is told. Keep out: what is declared (the yml). -#}
{% macro declared_breaches(relation) -%}
{%- set found = [] -%}
{%- if execute and graph is defined -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.alias == relation.identifier and node.schema == relation.schema -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
{%- endif -%}
{%- if found -%}
    {%- set declared = constraints_of(found[0]) -%}
    {%- set key = declared.key or (declared.sets | map(attribute='columns') | first | default([], true)) -%}
with rows_broken as (
    select
        {%- for one in declared.row %}
        sum(case when {{ one.broken }} then 1 else 0 end) as rows_{{ loop.index }},
        min(case when {{ one.broken }} then {{ key_as_text(key) }} end) as example_{{ loop.index }},
        {%- endfor %}
        count(*) as all_rows
    from {{ relation }}
),

breaches as (
    {%- for one in declared.row %}
    select
        {{ sql_text(one.says) }} as declared,
        rows_{{ loop.index }} as failed_rows,
        example_{{ loop.index }} as example
    from rows_broken
    union all
    {%- endfor %}
    {%- for one in declared.sets %}
    select
        {{ sql_text(one.says) }} as declared,
        count(*) as failed_rows,
        min(example) as example
    from (
        select {{ key_as_text(one.columns) }} as example
        from {{ relation }}
        group by {{ one.columns | join(', ') }}
        having count(*) > 1
        {%- if one.never_null %} or {{ one.columns | join(' is null or ') }} is null{% endif %}
    ) as copies
    union all
    {%- endfor %}
    {%- for one in declared.leads %}
    select
        {{ sql_text(one.says) }} as declared,
        count(*) as failed_rows,
        min({{ key_as_text(key, 'child') }}) as example
    from {{ relation }} as child
    left join (
        select distinct {{ one.to_columns | join(', ') }}
        from {{ one.to }}
    ) as parent
        on {% for column in one.columns -%}
        {{ 'and ' if not loop.first }}child.{{ column }} = parent.{{ one.to_columns[loop.index0] }}
        {%- endfor %}
    where
        parent.{{ one.to_columns[0] }} is null
        {%- for column in one.columns %}
        and child.{{ column }} is not null
        {%- endfor %}
    union all
    {%- endfor %}
    select
        'nothing' as declared,
        0 as failed_rows,
        '' as example
)

select
    declared,
    failed_rows,
    example
from breaches
where failed_rows > 0
{%- else -%}
select
    'nothing' as declared,
    0 as failed_rows,
    '' as example
from {{ relation }}
where false
{%- endif -%}
{%- endmacro %}

{#- The constraints of a node by how they are checked: `row` in one pass over the rows, `sets` by grouping,
    `leads` by looking into another model; `key` are the columns of the primary key. -#}
{% macro constraints_of(node) -%}
{%- set row, sets, leads, key = [], [], [], [] -%}
{%- set all = [] -%}
{%- for one in node.constraints or [] -%}
    {%- do all.append([one, one.columns or []]) -%}
{%- endfor -%}
{%- for column in node.columns.values() -%}
    {%- for one in column.constraints or [] -%}
        {%- do all.append([one, [column.name]]) -%}
    {%- endfor -%}
{%- endfor -%}
{%- for one, columns in all -%}
    {%- set kind = one.type | string | replace('ConstraintType.', '') -%}
    {%- set listed = columns | join(', ') -%}
    {%- if kind == 'primary_key' -%}
        {%- do key.extend(columns) -%}
        {%- do sets.append({'says': 'primary key (' ~ listed ~ ')', 'columns': columns, 'never_null': true}) -%}
    {%- elif kind == 'unique' -%}
        {%- do sets.append({'says': 'unique (' ~ listed ~ ')', 'columns': columns, 'never_null': false}) -%}
    {%- elif kind == 'not_null' -%}
        {%- for column in columns -%}
            {%- do row.append({
                'says': 'not null: ' ~ column, 'broken': column ~ ' is null'
            }) -%}
        {%- endfor -%}
    {%- elif kind == 'check' -%}
        {%- do row.append({
            'says': (one.name or 'check') ~ ': ' ~ one.expression,
            'broken': 'not (' ~ one.expression ~ ')',
        }) -%}
    {%- elif kind == 'foreign_key' -%}
        {%- set name = one.to.split("'")[1] -%}
        {%- set to = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
            | selectattr('name', 'equalto', name) | first -%}
        {%- do leads.append({
            'says': 'foreign key (' ~ listed ~ ') to ' ~ name ~ ' (' ~ one.to_columns | join(', ') ~ ')',
            'columns': columns,
            'to': to.relation_name,
            'to_columns': one.to_columns,
        }) -%}
    {%- else -%}
        {%- do exceptions.raise_compiler_error(node.name ~ ' declares ' ~ kind ~ ', which nothing checks') -%}
    {%- endif -%}
{%- endfor -%}
{{ return({'row': row, 'sets': sets, 'leads': leads, 'key': key}) }}
{%- endmacro %}

{#- Columns as one text, for naming a row. -#}
{% macro key_as_text(columns, table=none) -%}
{%- if columns -%}
concat_ws(', '
    {%- for column in columns -%}
    , coalesce(cast({{ table ~ '.' if table }}{{ column }} as string), 'null')
    {%- endfor -%}
)
{%- else -%}
''
{%- endif -%}
{%- endmacro %}

{#- Text as an SQL literal on one line. -#}
{% macro sql_text(text) -%}
'{{ dbt.escape_single_quotes((text | string).split() | join(' ')) }}'
{%- endmacro %}

{#- Constraints are declared to be read and tested, not enforced by the database. -#}
{% macro duckdb__get_table_columns_and_constraints() -%}
(
    {%- for column in model['columns'].values() %}
    {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }} {{ column['data_type'] }}{{ ',' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}

{% macro spark__persist_constraints(relation, model) -%}
{%- endmacro %}

{#- After a run: which declarations are broken, by how many rows, and one of these. -#}
{% macro tell_breaches(results) -%}
{%- if execute -%}
    {%- for result in results
        if result.node.resource_type == 'test' and result.status in ('fail', 'warn')
        and result.node.test_metadata is defined and result.node.test_metadata
        and result.node.test_metadata.name == 'as_declared' -%}
        {%- for row in run_query(result.node.compiled_code).rows -%}
            {%- do log(
                result.node.name ~ ': ' ~ row[0] ~ ': ' ~ row[1] ~ ' rows, for example ' ~ row[2], info=true
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endif -%}
{%- endmacro %}
