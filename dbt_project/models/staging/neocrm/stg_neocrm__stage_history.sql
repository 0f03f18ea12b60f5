-- Changes of stage from the tenant's field history, which writes a stage by its name or its id. What
-- it does not tell (not tracked, refused, beyond its reach, lost by the state alone) is observed
-- between versions. The entry at creation is completed where systems are united.
with deals as (
    {{ neocrm_current('opportunity', 'opportunity') }}
),

stages as (
    {{ neocrm_stages() }}
),

-- Where a deal has a stage of the company's own, the log is about another field.
logged as (
    select
        log_rows.data_id || '-' || log_rows.log_id as event_id,
        log_rows.data_id as opportunity_id,
        coalesce(stages_before.stage_name, log_rows.old_value) as from_stage,
        coalesce(stages_after.stage_name, log_rows.new_value) as to_stage,
        log_rows.created_at as changed_at,
        false as is_observed,
        log_rows.source,
        log_rows._loaded_at
    from ({{ neocrm_logged(['saleStageId']) }}) as log_rows
    inner join deals on log_rows.source = deals.source and log_rows.data_id = deals.id
    left join stages as stages_before
        on log_rows.source = stages_before.source and log_rows.old_value = stages_before.written
    left join stages as stages_after
        on log_rows.source = stages_after.source and log_rows.new_value = stages_after.written
    where log_rows.new_value is not null and deals.custom_stage is null
),

-- The log and the two versions tell of one change: the log knows it better.
logged_as_well as (
    select distinct
        observed.source,
        observed.event_id
    from {{ ref('stg_neocrm__observed_stages') }} as observed
    inner join logged
        on
            observed.source = logged.source
            and observed.opportunity_id = logged.opportunity_id
            and observed.seen_by >= logged.changed_at
            and (observed.seen_after is null or observed.seen_after <= logged.changed_at)
    where not observed.is_by_status
),

united as (
    select * from logged
    union all
    select
        observed.event_id,
        observed.opportunity_id,
        observed.from_stage,
        observed.to_stage,
        observed.changed_at,
        true as is_observed,
        observed.source,
        observed._loaded_at
    from {{ ref('stg_neocrm__observed_stages') }} as observed
    left join logged_as_well
        on observed.source = logged_as_well.source and observed.event_id = logged_as_well.event_id
    where logged_as_well.event_id is null
),

amounts as (
    select
        source,
        opportunity_id,
        amount,
        changed_at as known_from,
        lead(changed_at) over (partition by source, opportunity_id order by changed_at) as known_to
    from {{ ref('stg_neocrm__opportunity_versions') }}
),

renamed as (
    select
        ---------- ids
        united.event_id,
        united.opportunity_id,
        cast(null as string) as changed_by,
        ---------- text
        united.from_stage,
        united.to_stage,
        ---------- money
        amounts.amount,
        ---------- flags
        united.is_observed,
        ---------- moments
        united.changed_at,
        ---------- bookkeeping
        united.source,
        united._loaded_at
    from united
    inner join deals on united.source = deals.source and united.opportunity_id = deals.id
    left join amounts
        on
            united.source = amounts.source
            and united.opportunity_id = amounts.opportunity_id
            and united.changed_at >= amounts.known_from
            and (amounts.known_to is null or united.changed_at < amounts.known_to)
    where united.from_stage is distinct from united.to_stage
)

select * from renamed
