with deals as (
    {{ zoho_current('deals') }}
),

organisations as (
    {{ zoho_whole('organisation') }}
),

-- One stage may stand in several pipelines, with one meaning in each.
closing_stages as (
    select distinct
        source,
        pipeline,
        stage
    from ({{ zoho_whole('stages') }}) as stages
    where forecast_type != 'Open'
),

closing_names as (
    select distinct
        source,
        stage
    from closing_stages
),

pipelines as (
    select distinct
        source,
        pipeline
    from ({{ zoho_whole('stages') }}) as stages
),

judged as (
    select
        deals.*,
        organisations.iso_code,
        -- A deal names its pipeline with that of its layout in brackets: "Standard (Standard)".
        case
            when pipelines.pipeline is null then closing_names.stage is not null
            else closing_stages.stage is not null
        end as is_closed
    from deals
    left join organisations on deals.source = organisations.source
    left join pipelines
        on
            deals.source = pipelines.source
            and regexp_replace(deals.pipeline, ' \\(.*\\)$', '') = pipelines.pipeline
    left join closing_stages
        on
            deals.source = closing_stages.source
            and pipelines.pipeline = closing_stages.pipeline
            and deals.stage = closing_stages.stage
    left join closing_names on deals.source = closing_names.source and deals.stage = closing_names.stage
),

renamed as (
    select
        ---------- ids
        id as opportunity_id,
        coalesce(custom_account_id, account_id) as account_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        ---------- text
        coalesce(custom_opportunity_name, deal_name) as opportunity_name,
        custom_product_line as product_line,
        coalesce(custom_stage, stage) as stage,
        coalesce(custom_lost_reason, reason_for_loss__s) as lost_reason,
        ---------- money
        cast(coalesce(custom_amount, amount) as decimal(18, 2)) as amount,
        upper(coalesce(custom_currency, currency, iso_code)) as currency,
        ---------- dates
        coalesce(custom_expected_close_date, closing_date) as expected_close_date,
        ---------- moments
        coalesce(custom_created_at, created_time) as created_at,
        -- Zoho's reports go by the closing date; the history tells the moment (int_opportunities__closings).
        coalesce(
            custom_closed_at, case when is_closed then {{ company_midnight('closing_date') }} end
        ) as closed_at,
        coalesce(custom_updated_at, modified_time) as updated_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from judged
)

select * from renamed
