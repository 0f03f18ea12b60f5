{#- Metrics: what every int_metric__<name> model shares. Add here: how a metric's events become rows
    per grain, period and scope. Keep out: what a metric means (its own model and yml).

    metric_rows(events, metric, kind, subject) ends a metric model. `events` names a CTE with
      event_on       day the event belongs to (for snapshots: the day of the snapshot)
      owner_id, team_id, region, product_line    whom it counts for
      dimension      '' or e.g. the stage
      numerator, denominator, cases              cases = what counts towards sample_size
    kind: count | amount (sums of a flow), share (numerator / denominator), level (a sum as it stood
    at the period's end), median (of the numerators).
    subject: orders | credits | deals | activities | leads: whose data start bounds the periods
    unknown   name of a column, 1 where nobody knows whether the event counts: the value is null with one
    until     name of a column: the event is void if that day is not after the period's end
    snapshot  event_on is a snapshot day of int_metrics__periods
    grid      a period without events is a row with 0 (count, amount, level) or null (share, median)
    Every period is closed at its last day or the as-of day, whichever comes first. -#}
{% macro metric_rows(
    events, metric, kind, subject, until=none, snapshot=false, grid=true, product_line='product_line',
    unknown=none
) -%}
{%- set fields = ['event_on', 'dimension', 'numerator', 'denominator', 'cases'] -%}
{%- if until %}{% do fields.append(until) %}{% endif -%}
{%- if unknown %}{% do fields.append(unknown) %}{% endif -%}
scoped as (
    {{ scope_rows(events, fields, product_line=product_line) }}
),

placed as (
    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        scoped.scope_type,
        scoped.scope_id,
        scoped.dimension,
        scoped.numerator,
        scoped.denominator,
        scoped.cases
        {%- if unknown %},
        scoped.{{ unknown }}
        {%- endif %}
    from scoped
    {%- if snapshot %}
    inner join {{ ref('int_metrics__periods') }} as periods
        on scoped.event_on = periods.closed_on and periods.subject = '{{ subject }}'
    {%- else %}
    inner join {{ ref('int_metrics__period_days') }} as periods
        on scoped.event_on = periods.date_day and periods.subject = '{{ subject }}'
    {%- endif %}
    {%- if until %}
    where scoped.{{ until }} is null or scoped.{{ until }} > periods.closed_on
    {%- endif %}
    {%- if grid %}
    union all
    select
        grain,
        period_start,
        period_end,
        scope_type,
        scope_id,
        '' as dimension,
        {{ 'null' if kind == 'median' else '0' }} as numerator,
        0 as denominator,
        0 as cases
        {%- if unknown %},
        0 as {{ unknown }}
        {%- endif %}
    from {{ ref('int_metrics__grid') }}
    where
        subject = '{{ subject }}'
        {%- if product_line is none %}
        and scope_type != 'product_line'
        {%- endif %}
    {%- endif %}
)

select
    '{{ metric }}' as metric,
    '{{ kind }}' as kind,
    '{{ subject }}' as subject,
    grain,
    period_start,
    period_end,
    scope_type,
    scope_id,
    dimension,
    {%- if kind == 'median' %}
    cast({{ exact_sum('numerator') }} as double) as numerator,
    {%- else %}
    cast(sum(numerator) as double) as numerator,
    {%- endif %}
    {%- if kind in ('count', 'amount') %}
    cast(null as double) as denominator,
    {%- else %}
    cast(sum(denominator) as double) as denominator,
    {%- endif %}
    {%- if kind == 'share' %}
    {{ share_of('sum(numerator)', 'sum(denominator)') }} as value,
    {%- elif kind == 'median' %}
    cast(median(numerator) as double) as value,
    {%- elif unknown %}
    case when sum({{ unknown }}) = 0 then cast(sum(numerator) as double) end as value,
    {%- else %}
    cast(sum(numerator) as double) as value,
    {%- endif %}
    cast(sum(cases) as bigint) as sample_size
from placed
group by grain, period_start, period_end, scope_type, scope_id, dimension
{%- endmacro %}

{#- A part of a whole, 0 to 1; null without a whole, and where amounts below zero (what was sent back) make a
    part larger than the whole: that is no share. -#}
{% macro share_of(part, whole) -%}
    case
        when {{ safe_divide(part, whole) }} between -1e-9 and 1 + 1e-9
            then least(greatest({{ safe_divide(part, whole) }}, 0.0), 1.0)
    end
{%- endmacro %}

{#- Ends a metric model that is a share and whose events know their period already: rows of `events` with
    grain, period_start, period_end, owner_id, team_id, region and the columns named here. Without
    `denominator` every event counts as one. -#}
{% macro period_share_rows(
    events, metric, subject, numerator, denominator=none, product_line='product_line'
) -%}
{%- set fields = ['grain', 'period_start', 'period_end', numerator] -%}
{%- if denominator %}{% do fields.append(denominator) %}{% endif -%}
{%- set whole = 'sum(' ~ denominator ~ ')' if denominator else 'count(*)' -%}
scoped as (
    {{ scope_rows(events, fields, product_line=product_line) }}
)

select
    '{{ metric }}' as metric,
    'share' as kind,
    '{{ subject }}' as subject,
    grain,
    period_start,
    period_end,
    scope_type,
    scope_id,
    '' as dimension,
    cast(sum({{ numerator }}) as double) as numerator,
    cast({{ whole }} as double) as denominator,
    {{ share_of('sum(' ~ numerator ~ ')', whole) }} as value,
    count(*) as sample_size
from scoped
group by grain, period_start, period_end, scope_type, scope_id
{%- endmacro %}

{#- Unites every model named int_metric__*, whoever adds it. dbt learns a model's parents while it
    parses, before the graph exists, so the names are taken from the list of files that it parses: the
    only thing known by then. When the model runs, the list is checked against the finished graph. -#}
{% macro union_metrics() -%}
{%- set names = [] -%}
{%- if ref.manifest is defined -%}
    {%- for file_id in ref.manifest.files.keys() if '/int_metric__' in file_id and file_id.endswith('.sql') -%}
        {%- do names.append(file_id.split('/')[-1][:-4]) -%}
    {%- endfor -%}
{%- endif -%}
{%- if execute and graph is defined -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.name.startswith('int_metric__')
        and node.unique_id not in model.depends_on.nodes -%}
        {%- do exceptions.raise_compiler_error(
            node.name ~ ' is new and not yet in the table of metrics: run dbt once with --no-partial-parse'
        ) -%}
    {%- endfor -%}
{%- endif -%}
{%- for name in names | sort %}
select
    metric,
    kind,
    subject,
    grain,
    period_start,
    period_end,
    scope_type,
    scope_id,
    dimension,
    numerator,
    denominator,
    value,
    sample_size
from {{ ref(name) }}
{%- if not loop.last %}
union all
{%- endif -%}
{%- else %}
select * from {{ ref('int_metric__revenue') }}
{%- endfor %}
{%- endmacro %}

{#- One row per metric, from the graph: what config.meta.metric of its model says. Known when the model
    runs; a metric whose yml says nothing has its own name for a label. -#}
{% macro metric_definitions() -%}
{%- set told = [] -%}
{%- if execute and graph is defined -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.name.startswith('int_metric__') -%}
        {%- do told.append(node) -%}
    {%- endfor -%}
{%- endif -%}
{%- for node in told | sort(attribute='name') %}
{%- set name = node.name[12:] %}
{%- set said = node.config.meta.get('metric', {}) %}
select
    '{{ name }}' as metric,
    {{ sql_text(said.get('label_zh', name)) }} as label_zh,
    {{ sql_text(said.get('label_en', name)) }} as label_en,
    {{ sql_text(node.description) }} as definition,
    {{ sql_text(said.get('kind', '')) }} as kind,
    {{ sql_text(said.get('unit', '')) }} as unit,
    {{ sql_text(said.get('better', '')) }} as better,
    {{ 'true' if said.get('kind') in ('count', 'amount') else 'false' }} as is_additive,
    {{ sql_text(said.get('numerator', '')) }} as numerator,
    {{ sql_text(said.get('denominator', '')) }} as denominator,
    {{ sql_text(said.get('tip', '')) }} as tip
{%- if not loop.last %}
union all
{%- endif -%}
{%- else %}
select
    {% for column in [
        'metric', 'label_zh', 'label_en', 'definition', 'kind', 'unit', 'better'
    ] -%}
    cast(null as string) as {{ column }},
    {% endfor -%}
    false as is_additive,
    cast(null as string) as numerator,
    cast(null as string) as denominator,
    cast(null as string) as tip
where false
{%- endfor %}
{%- endmacro %}

{#- Lower (side -1) or upper (side 1) limit of what is to be expected, 2.5 sigma from the baseline.
    Small counts: Anscombe's square root, whose variance is 1/4 whatever the mean. Shares: the arcsine of
    the square root, with variance 1/(4 n), n = sample size. Needs columns of int_metrics__baselines. -#}
{% macro expected_limit(side) -%}
    case
        -- least() and greatest() would make a number of what is not known.
        when baseline is null then null
        when kind = 'share' and sample_size > 0
            then power(sin(least(greatest(
                asin(sqrt(least(greatest(baseline, 0.0), 1.0))) + {{ side }} * 1.25 / sqrt(sample_size), 0.0
            ), {{ 'pi() / 2' }})), 2)
        when kind = 'share' then null
        when kind = 'count' and baseline < 10
            then power(greatest(sqrt(greatest(baseline, 0.0)) + {{ side }} * 1.25, 0.0), 2)
        when deviation is not null then greatest(baseline + {{ side }} * 2.5 * deviation, least(baseline, 0.0))
    end
{%- endmacro %}
