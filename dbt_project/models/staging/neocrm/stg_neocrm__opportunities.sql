-- Closed by the state of the record (赢单, 输单) or the percentage of its stage. The close date is only
-- a day that anybody may edit, so the moment is that of the last change of stage. A deal that its state
-- closes without leaving its stage has no such moment: two loads may tell it (stg_neocrm__observed_stages),
-- else nobody does; the last edit of a record says nothing about its end.
with deals as (
    {{ neocrm_judged(neocrm_current('opportunity', 'opportunity')) }}
),

currencies as (
    {{ neocrm_currencies() }}
),

home_currencies as (
    {{ neocrm_home_currency() }}
),

judged as (
    select
        deals.*,
        upper(
            coalesce(currencies.currency_code, deals.custom_currency, home_currencies.currency_code)
        ) as currency
    from deals
    left join currencies on deals.source = currencies.source and deals.custom_currency = currencies.written
    left join home_currencies on deals.source = home_currencies.source
),

renamed as (
    select
        ---------- ids
        id as opportunity_id,
        coalesce(custom_account_id, account_id) as account_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        ---------- text
        coalesce(custom_opportunity_name, opportunity_name) as opportunity_name,
        custom_product_line as product_line,
        stage,
        coalesce(custom_lost_reason, reason, reason_desc) as lost_reason,
        ---------- money
        cast(coalesce(custom_amount, money) as decimal(18, 2)) as amount,
        currency,
        ---------- dates
        coalesce(custom_expected_close_date, close_date) as expected_close_date,
        ---------- moments
        coalesce(custom_created_at, created_at) as created_at,
        case
            when custom_closed_at is not null then custom_closed_at
            when outcome != 'open' and not is_by_status then stage_updated_at
        end as closed_at,
        coalesce(custom_updated_at, updated_at) as updated_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from judged
)

select * from renamed
