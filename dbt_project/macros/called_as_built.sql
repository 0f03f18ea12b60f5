{#- Before anything runs: is dbt called with the variables that the warehouse was made for? A plain `dbt`
    takes those of dbt_project.yml, the sample company's; in another company's warehouse they would give
    figures of the wrong day, currency or systems. A warehouse without `config.build` is not asked. -#}
{% macro called_as_built() -%}
{%- if execute and flags.WHICH in ('build', 'run', 'test') -%}
    {%- set told = adapter.get_relation(database=target.database, schema='config', identifier='build') -%}
    {%- if told is not none -%}
        {%- set others = [] -%}
        {%- for row in run_query('select name, value from ' ~ told).rows -%}
            {%- set built = fromjson(row[1]) -%}
            {#- A variable that is not set is taken from the warehouse itself. -#}
            {%- if var(row[0], none) not in (none, built) -%}
                {%- do others.append(row[0] ~ ' is ' ~ var(row[0], none) ~ ', the warehouse has ' ~ built) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if others -%}
            {%- do exceptions.raise_compiler_error(
                'dbt is called for another company or day than this warehouse was made for ('
                ~ others | join('; ') ~ '). Use `forewarn dbt ...`, which passes the right variables.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endif -%}
{%- endmacro %}
