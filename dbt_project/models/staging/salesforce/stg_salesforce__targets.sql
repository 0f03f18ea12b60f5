-- Revenue quotas of people, one row per amount that was in force, and the company's own object if it
-- keeps targets in one. A manager's quota holds the team's. Quotas of product families and territories
-- are parts of the same money and are left out, and of several forecasting types the one with the
-- most quotas is the company's (option quota_type decides otherwise).
with alive as (
    {{ salesforce_live_quotas() }}
),

types as (
    select
        source,
        forecasting_type_id,
        row_number()
            over (partition by source order by count(distinct id) desc, forecasting_type_id)
            as type_rank
    from alive
    group by source, forecasting_type_id
),

periods as (
    {{ salesforce_whole('period') }}
),

changes as (
    select
        alive.*,
        coalesce(alive.start_date, periods.start_date) as first_day,
        lower(coalesce(periods.type, 'month')) as period_type,
        case
            when alive.version_number = 1
                then {{ to_company_date('coalesce(alive.created_date, alive.system_modstamp)') }}
            else {{ to_company_date('alive.system_modstamp') }}
        end as known_on
    from alive
    inner join types
        on
            alive.source = types.source
            and alive.forecasting_type_id is not distinct from types.forecasting_type_id
            and types.type_rank = 1
    left join periods on alive.source = periods.source and alive.period_id = periods.id
    where alive.version_number = 1 or alive.quota_amount is distinct from alive.amount_before
),

-- Changed twice on one day: the last amount stands.
last_of_day as (
    select
        changes.*,
        upper(
            coalesce(
                changes.currency_iso_code, organizations.default_currency_iso_code, '{{ var("currency") }}'
            )
        ) as currency,
        row_number() over (
            partition by changes.source, changes.id, changes.known_on order by changes.version_number desc
        ) as day_rank,
        row_number() over (
            partition by changes.source, changes.id order by changes.version_number
        ) as change_number
    from changes
    left join ({{ salesforce_whole('organization') }}) as organizations
        on changes.source = organizations.source
    where changes.period_type in ('month', 'quarter', 'year') and changes.first_day is not null
),

rates as (
    select
        upper(trim(currency)) as currency,
        rate,
        rate_date,
        lead(rate_date) over (partition by upper(trim(currency)) order by rate_date) as next_from
    from {{ source('config', 'exchange_rates') }}
    where rate_date <= {{ as_of_date() }}
),

-- Targets are in the company's currency: at the rate of the first day of their period, the newest
-- for periods to come. Without a rate the amount is unknown, and the row is set aside and named.
united as (
    select
        case last_of_day.period_type
            when 'month' then days.fiscal_month_name
            when 'quarter' then days.fiscal_quarter_name
            else days.fiscal_year_name
        end as period,
        'rep' as scope_type,
        last_of_day.quota_owner_id as scope_id,
        'revenue' as metric,
        case
            when last_of_day.currency = '{{ var("currency") }}' then coalesce(last_of_day.quota_amount, 0)
            else coalesce(last_of_day.quota_amount, 0) * rates.rate
        end as target_amount,
        'v' || cast(last_of_day.change_number as string) as version,
        last_of_day.known_on as effective_from,
        cast(null as string) as reason,
        last_of_day.source,
        last_of_day._loaded_at
    from last_of_day
    inner join {{ source('config', 'calendar') }} as days on last_of_day.first_day = days.date_day
    left join rates
        on
            last_of_day.currency = rates.currency
            and last_of_day.first_day >= rates.rate_date
            and (rates.next_from is null or last_of_day.first_day < rates.next_from)
    where last_of_day.day_rank = 1
    union all
    select
        period,
        scope_type,
        scope_id,
        coalesce(metric, 'revenue') as metric,
        target_amount,
        version,
        effective_from,
        reason,
        source,
        _loaded_at
    from ({{ salesforce_current('custom_targets', 'custom_targets') }}) as own_objects
),

{{ staged_targets('united') }}
