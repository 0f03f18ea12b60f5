with current_rows as (
    {{ salesforce_current('opportunity', 'Opportunity') }}
),

families as (
    {{ salesforce_families('opportunity_line_item', 'OpportunityLineItem', 'opportunity_id') }}
),

organizations as (
    {{ salesforce_whole('organization') }}
),

renamed as (
    select
        ---------- ids
        deals.id as opportunity_id,
        coalesce(deals.custom_account_id, deals.account_id) as account_id,
        coalesce(deals.custom_owner_id, deals.owner_id) as owner_id,
        ---------- text
        coalesce(deals.custom_opportunity_name, deals.name) as opportunity_name,
        coalesce(deals.custom_product_line, families.family) as product_line,
        coalesce(deals.custom_stage, deals.stage_name) as stage,
        deals.custom_lost_reason as lost_reason,
        ---------- money
        cast(coalesce(deals.custom_amount, deals.amount) as decimal(18, 2)) as amount,
        upper(
            coalesce(
                deals.custom_currency, deals.currency_iso_code, organizations.default_currency_iso_code
            )
        ) as currency,
        ---------- dates
        coalesce(deals.custom_expected_close_date, deals.close_date) as expected_close_date,
        ---------- moments
        coalesce(deals.custom_created_at, deals.created_date) as created_at,
        -- The company's own reports go by CloseDate; the history tells the moment
        -- (int_opportunities__closings).
        coalesce(
            deals.custom_closed_at,
            case when deals.is_closed then {{ company_midnight('deals.close_date') }} end
        ) as closed_at,
        coalesce(deals.custom_updated_at, deals.last_modified_date, deals.system_modstamp) as updated_at,
        ---------- bookkeeping
        deals.source,
        deals._loaded_at
    from current_rows as deals
    left join families on deals.source = families.source and deals.id = families.opportunity_id
    left join organizations on deals.source = organizations.source
)

select * from renamed
