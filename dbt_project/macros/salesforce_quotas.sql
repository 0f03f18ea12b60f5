{#- Versions of quotas of people that the org still has, numbered, with the amount before each.
    Used by stg_salesforce__targets; one row per quota and version. -#}
{% macro salesforce_live_quotas() %}
with sweeps as (
    select
        source,
        max(_loaded_at) as swept_at
    from {{ source('raw', 'salesforce__id_sweep') }}
    where object = 'ForecastingQuota'
    group by source
),

seen as (
    select distinct
        source,
        id,
        _loaded_at
    from {{ source('raw', 'salesforce__id_sweep') }}
    where object = 'ForecastingQuota'
),

-- Quotas are deleted without a trace: those that the last list of all ids lacks are gone.
versions as (
    select
        quotas.*,
        lag(quotas.quota_amount) over (
            partition by quotas.source, quotas.id order by quotas.system_modstamp, quotas._loaded_at
        ) as amount_before,
        row_number() over (
            partition by quotas.source, quotas.id order by quotas.system_modstamp, quotas._loaded_at
        ) as version_number,
        max(quotas._loaded_at) over (partition by quotas.source, quotas.id) as newest_load
    from {{ source('raw', 'salesforce__forecasting_quota') }} as quotas
    where
        coalesce(quotas.is_amount, true)
        and quotas.product_family is null
        and quotas.territory2_id is null
)

select versions.*
from versions
left join sweeps on versions.source = sweeps.source
left join seen
    on versions.source = seen.source and versions.id = seen.id and sweeps.swept_at = seen._loaded_at
where sweeps.swept_at is null or versions.newest_load > sweeps.swept_at or seen.id is not null
{% endmacro %}
