{#- Sums of targets: what is added up where a scope or a period has no target of its own, and when the parts
    stand for the whole. Add here: a rule of such sums. Keep out: sums up the tree of teams (target_tree.sql), other arithmetic of
    targets (targets.sql).

    A sum is a target only if its parts cover the scope and the period. A period is covered if every shorter
    one has a target (for a person: every one that he was there for). A scope is covered if the parts made at
    least 95 % of what its teams' people booked before (int_targets__past_bookings); where nothing was booked
    yet, if every team with people has one. A target of 0 is a target. -#}

{#- What may be missing of the past bookings before a sum is no target. -#}
{% macro tolerated_gap() -%} 0.05 {%- endmacro %}

{#- A model of the targets in force of one type of period: declared for it, else the sums of a shorter type's
    where all of them are told, else summed from the scopes below. -#}
{% macro targets_in_force(period_type, part_type=none, parts_in_whole=none) -%}
with own as (
    select
        as_of,
        period_type,
        period_start,
        knowledge_on,
        scope_type,
        scope_id,
        metric,
        target_amount,
        original_amount,
        'declared' as target_origin,
        cast(null as string) as target_missing
    from {{ ref('int_targets__declared') }}
    where period_type = '{{ period_type }}' and target_amount is not null
),

{% if part_type -%}
{{ period_sums('own', period_type, part_type, parts_in_whole) }}

{{ target_tree('told', 'partly') }}
{%- else -%}
{{ target_tree('own') }}
{%- endif %}

select * from in_force
{%- endmacro %}

{#- Targets of a period as the sums of a shorter type's, for scopes that `own` does not tell. Yields CTEs, the
    last one `told`, with the columns of `own`; target_amount is null where a part is missing, and
    target_missing names it. -#}
{% macro period_sums(own, period_type, part_type, parts_in_whole) -%}
parts as (
    select
        spine.as_of,
        spine.period_type,
        spine.period_start,
        spine.knowledge_on,
        shorter.scope_type,
        shorter.scope_id,
        shorter.metric,
        sum(shorter.target_amount) as target_amount,
        sum(shorter.original_amount) as original_amount,
        count(shorter.target_amount) as parts_told
    from {{ ref('int_targets__spine') }} as spine
    inner join {{ ref('int_targets__' ~ part_type ~ 's_in_force') }} as shorter
        on
            spine.as_of = shorter.as_of
            and shorter.period_start between spine.period_start and spine.period_end
    where spine.period_type = '{{ period_type }}' and shorter.target_amount is not null
    group by
        spine.as_of, spine.period_type, spine.period_start, spine.knowledge_on,
        shorter.scope_type, shorter.scope_id, shorter.metric
),

labels as (
    select
        longer.period_start,
        shorter.period_start as part_start,
        shorter.period_label
    from {{ ref('int_calendar__periods') }} as longer
    inner join {{ ref('int_calendar__periods') }} as shorter
        on
            shorter.period_type = '{{ part_type }}'
            and shorter.period_start between longer.period_start and longer.period_end
    where longer.period_type = '{{ period_type }}'
),

judged_parts as (
    select
        parts.*,
        parts.parts_told >= coalesce(needed.parts_needed, {{ parts_in_whole }}) as is_whole
    from parts
    left join {{ ref('int_targets__parts_needed') }} as needed
        on
            {{ same_target('parts', 'needed', without=['as_of', 'metric']) }}
            and needed.part_type = '{{ part_type }}'
),

lacking as (
    select
        judged_parts.as_of,
        judged_parts.period_start,
        judged_parts.scope_type,
        judged_parts.scope_id,
        judged_parts.metric,
        {{ listed('labels.period_label') }} as target_missing
    from judged_parts
    inner join labels on judged_parts.period_start = labels.period_start
    left join {{ ref('int_targets__' ~ part_type ~ 's_in_force') }} as shorter
        on
            {{ same_target('judged_parts', 'shorter', without=['period_type', 'period_start']) }}
            and labels.part_start = shorter.period_start
    where not judged_parts.is_whole and shorter.target_amount is null
    group by
        judged_parts.as_of, judged_parts.period_start, judged_parts.scope_type, judged_parts.scope_id,
        judged_parts.metric
),

partly as (
    select
        judged_parts.as_of,
        judged_parts.period_type,
        judged_parts.period_start,
        judged_parts.knowledge_on,
        judged_parts.scope_type,
        judged_parts.scope_id,
        judged_parts.metric,
        case when judged_parts.is_whole then judged_parts.target_amount end as target_amount,
        case when judged_parts.is_whole then judged_parts.original_amount end as original_amount,
        case when judged_parts.is_whole then 'summed' end as target_origin,
        lacking.target_missing
    from judged_parts
    left join lacking
        on {{ same_target('judged_parts', 'lacking', without=['period_type']) }}
    left join {{ own }} as own
        on {{ same_target('judged_parts', 'own', without=['period_type']) }}
    where own.as_of is null
),

told as (
    select * from {{ own }}
    union all
    select * from partly
    where target_amount is not null
),
{%- endmacro %}
