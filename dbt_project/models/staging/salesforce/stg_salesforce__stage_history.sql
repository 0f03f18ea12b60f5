-- OpportunityHistory has a row per change of stage, amount or close date, with the new values: an
-- edited amount repeats the stage, so rows that keep the stage are left out.
with history as (
    {{ salesforce_current('opportunity_history', 'OpportunityHistory', stamp='created_date') }}
),

-- History goes with its opportunity, without a word.
alive as (
    select history.*
    from history
    inner join ({{ salesforce_current('opportunity', 'Opportunity') }}) as deals
        on history.source = deals.source and history.opportunity_id = deals.id
),

followed as (
    select
        *,
        lag(stage_name) over (partition by source, opportunity_id order by created_date, id) as stage_before
    from alive
),

renamed as (
    select
        ---------- ids
        id as event_id,
        opportunity_id,
        created_by_id as changed_by,
        ---------- text
        stage_before as from_stage,
        stage_name as to_stage,
        ---------- money
        cast(amount as decimal(18, 2)) as amount,
        ---------- moments
        created_date as changed_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from followed
    where stage_before is distinct from stage_name
)

select * from renamed
