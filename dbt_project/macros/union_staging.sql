{#- Uniting the systems. Add here: a canonical column or entity, as in pipelines/entities.py.
    Keep out: what one system calls it (that is its staging folder). -#}

{#- Columns of a canonical entity as staging gives them: name -> type. -#}
{% macro canonical_columns(entity) -%}
    {%- set text, money, moment, day, flag =
        'string', 'decimal(18, 2)', moment_type(), 'date', 'boolean' -%}
    {%- set entities = {
        'users': {
            'user_id': text, 'user_name': text, 'email': text, 'team_id': text,
            'manager_id': text, 'is_active': flag, 'valid_from': day, 'valid_to': day},
        'teams': {
            'team_id': text, 'team_name': text, 'parent_team_id': text, 'region': text},
        'accounts': {
            'account_id': text, 'account_name': text, 'owner_id': text, 'created_at': moment,
            'industry': text, 'region': text, 'credit_code': text, 'status': text},
        'contacts': {
            'contact_id': text, 'account_id': text, 'contact_name': text, 'title': text},
        'leads': {
            'lead_id': text, 'lead_name': text, 'owner_id': text, 'source_channel': text,
            'status': text, 'created_at': moment, 'converted_at': moment,
            'opportunity_id': text},
        'opportunities': {
            'opportunity_id': text, 'opportunity_name': text, 'account_id': text,
            'owner_id': text, 'product_line': text, 'stage': text, 'amount': money,
            'currency': text, 'created_at': moment, 'expected_close_date': day,
            'closed_at': moment, 'updated_at': moment, 'lost_reason': text},
        'opportunity_versions': {
            'opportunity_id': text, 'owner_id': text, 'amount': money,
            'expected_close_date': day, 'changed_at': moment},
        'stage_history': {
            'event_id': text, 'opportunity_id': text, 'from_stage': text, 'to_stage': text,
            'changed_at': moment, 'amount': money, 'changed_by': text},
        'activities': {
            'activity_id': text, 'activity_type': text, 'direction': text,
            'opportunity_id': text, 'account_id': text, 'owner_id': text,
            'occurred_at': moment},
        'orders': {
            'order_id': text, 'opportunity_id': text, 'account_id': text, 'owner_id': text,
            'product_line': text, 'amount': money, 'currency': text, 'ordered_at': moment,
            'promised_at': moment, 'delivered_at': moment, 'status': text},
        'targets': {
            'period': text, 'scope_type': text, 'scope_id': text, 'metric': text,
            'target_amount': money, 'version': text, 'effective_from': day, 'reason': text},
    } -%}
    {%- set columns = dict(entities[entity], source=text, _loaded_at=moment) -%}
    {{ return(columns) }}
{%- endmacro %}

{#- The type of a moment in UTC. -#}
{% macro moment_type() -%}
    {{ return(adapter.dispatch('moment_type', 'forewarn')()) }}
{%- endmacro %}
{% macro duckdb__moment_type() -%}
    {{ return('timestamp with time zone') }}
{%- endmacro %}
{% macro default__moment_type() -%}
    {{ return('timestamp') }}
{%- endmacro %}

{#- One canonical entity from every system in var('systems') whose staging folder declares it
    (var staging_entities); an empty relation with the same columns if none does. `opportunity_versions`
    is optional: systems of which the raw zone holds earlier versions of a deal give it. -#}
{% macro union_staging(entity) -%}
    {%- set columns = canonical_columns(entity) -%}
    {%- set givers = [] -%}
    {%- for system in var('systems') if entity in var('staging_entities').get(system, []) -%}
        {%- do givers.append(system) -%}
    {%- endfor -%}
    {%- for system in givers %}
    select {{ columns | join(', ') }}
    from {{ ref('stg_' ~ system ~ '__' ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif -%}
    {%- else %}
    select
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
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
