-- The target in force per judged day, period, scope and metric, for months, quarters and years.
-- target_origin: declared, or summed (from shorter periods or from the scopes below); null where the parts
-- do not cover the scope or the period, and target_missing names what lacks a target.
{% for period_type in ['month', 'quarter', 'year'] -%}
select
    as_of,
    period_type,
    period_start,
    scope_type,
    scope_id,
    metric,
    cast(target_amount as decimal(18, 2)) as target_amount,
    cast(original_amount as decimal(18, 2)) as original_target_amount,
    target_origin,
    target_missing
from {{ ref('int_targets__' ~ period_type ~ 's_in_force') }}
{%- if not loop.last %}
union all
{% endif %}
{%- endfor %}
