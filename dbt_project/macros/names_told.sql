{#- What teams and people were called in every load. Add here: the list of a further system. Keep out: whom
    an earlier name stands for (int_teams__aliases, int_reps__called). -#}

{#- Relation, id and name of the lists of each system, in every version that was loaded. -#}
{% macro lists_of_names() -%}
    {{ return({
        'teams': {
            'spreadsheet': ('spreadsheet__team_versions', 'team_id', 'team_name'),
            'salesforce': ('salesforce__user_role', 'id', 'coalesce(custom_team_name, name)'),
            'zoho': ('zoho__roles', 'id', 'name'),
            'jiandaoyun': ('jiandaoyun__teams', 'team_id', 'team_name'),
            'kingdee': ('kingdee__department', 'number', 'name'),
            'neocrm': ('neocrm__department', 'id', 'coalesce(custom_team_name, depart_name)'),
            'fxiaoke': ('fxiaoke__department', 'id', 'coalesce(custom_team_name, name)'),
        },
        'users': {
            'spreadsheet': ('spreadsheet__user_versions', 'user_id', 'user_name'),
            'salesforce': ('salesforce__user', 'id', 'coalesce(custom_user_name, name)'),
            'zoho': ('zoho__users', 'id', 'full_name'),
            'jiandaoyun': ('jiandaoyun__users', 'user_id', 'user_name'),
            'kingdee': ('kingdee__employee', 'number', 'name'),
            'neocrm': ('neocrm__user', 'id', 'coalesce(custom_user_name, name)'),
            'fxiaoke': ('fxiaoke__personnel', 'user_id', 'coalesce(custom_user_name, full_name)'),
        },
    }) }}
{%- endmacro %}

{#- Every id and name that a load told, with the moment of the load. -#}
{% macro names_of_every_load() -%}
    {%- for entity, lists in lists_of_names().items() %}
    {%- for system in var('systems') if system in lists %}
    {%- set relation, id, name = lists[system] %}
    select
        '{{ entity }}' as entity,
        source,
        trim({{ id }}) as record_id,
        trim({{ name }}) as record_name,
        _loaded_at
    from {{ source('raw', relation) }}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        cast(null as string) as entity,
        cast(null as string) as source,
        cast(null as string) as record_id,
        cast(null as string) as record_name,
        cast(null as {{ column_type('timestamp') }}) as _loaded_at
    where false
{%- endmacro %}
