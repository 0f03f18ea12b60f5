-- A deal is closed by its status, whatever stage it stands in. It closed when it was seen to enter that
-- end, else at the last move of its stage.
with deals as (
    {{ fxiaoke_current('opportunity') }}
),

product_lines as (
    {{ fxiaoke_product_lines('opportunity_line', 'opportunity_id') }}
),

last_entries as (
    select
        source,
        opportunity_id,
        max_by(to_stage, changed_at) as stage,
        max(changed_at) as entered_at
    from {{ ref('stg_fxiaoke__stage_history') }}
    group by source, opportunity_id
),

renamed as (
    select
        ---------- ids
        deals.id as opportunity_id,
        coalesce(deals.custom_account_id, deals.account_id) as account_id,
        coalesce(deals.custom_owner_id, deals.owner_id) as owner_id,
        ---------- text
        coalesce(deals.custom_opportunity_name, deals.name) as opportunity_name,
        coalesce(deals.custom_product_line, product_lines.product_line) as product_line,
        coalesce(deals.custom_stage, deals.closed_as, deals.stage) as stage,
        coalesce(deals.custom_lost_reason, deals.lost_reason) as lost_reason,
        ---------- money
        cast(coalesce(deals.custom_amount, deals.amount) as decimal(18, 2)) as amount,
        upper(coalesce(deals.custom_currency, deals.currency)) as currency,
        ---------- dates
        coalesce(deals.custom_expected_close_date, deals.expected_close_date) as expected_close_date,
        ---------- moments
        coalesce(deals.custom_created_at, deals.created_at) as created_at,
        coalesce(
            deals.custom_closed_at,
            case
                when
                    deals.closed_as is not null
                    and last_entries.stage = coalesce(deals.custom_stage, deals.closed_as)
                    then last_entries.entered_at
            end,
            case when deals.closed_as is not null then deals.stage_changed_at end
        ) as closed_at,
        coalesce(deals.custom_updated_at, deals.modified_at) as updated_at,
        ---------- bookkeeping
        deals.source,
        deals._loaded_at
    from deals
    left join product_lines
        on deals.source = product_lines.source and deals.id = product_lines.opportunity_id
    left join last_entries on deals.source = last_entries.source and deals.id = last_entries.opportunity_id
)

select * from renamed
