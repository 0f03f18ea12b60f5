-- One row per currency and stretch of days with one rate. The company currency is 1, always.
with rates as (
    select
        currency,
        rate,
        rate_date as valid_from,
        lead(rate_date) over (partition by currency order by rate_date) as next_from
    from {{ ref('stg_config__exchange_rates') }}
    where currency != '{{ var("currency") }}' and rate_date <= {{ as_of_date() }}
)

select
    currency,
    rate,
    valid_from,
    coalesce({{ add_days('next_from', -1) }}, cast('9999-12-31' as date)) as valid_to
from rates
union all
select
    '{{ var("currency") }}' as currency,
    cast(1 as decimal(18, 8)) as rate,
    cast('1900-01-01' as date) as valid_from,
    cast('9999-12-31' as date) as valid_to
