-- The tracker has one row per stage a deal was in, with the moment it was entered (or, if the option
-- says so, left: then the row before tells when this one began). Rows of deleted deals have lost
-- their parent; a deal that is saved again repeats its stage.
with history as (
    {{ zoho_current('deal_history') }}
),

deals as (
    {{ zoho_current('deals') }}
),

organisations as (
    {{ zoho_whole('organisation') }}
),

alive as (
    select
        history.*,
        deals.created_time as deal_created_at,
        coalesce(organisations.history_time, 'entered') as history_time
    from history
    inner join deals on history.source = deals.source and history.deal_id = deals.id
    left join organisations on history.source = organisations.source
),

timed as (
    select
        *,
        case
            when history_time = 'entered' then modified_time
            else coalesce(
                lag(modified_time) over (partition by source, deal_id order by modified_time, id),
                deal_created_at
            )
        end as entered_at
    from alive
),

followed as (
    select
        *,
        lag(stage) over (partition by source, deal_id order by entered_at, modified_time, id) as stage_before
    from timed
),

renamed as (
    select
        ---------- ids
        id as event_id,
        deal_id as opportunity_id,
        modified_by_id as changed_by,
        ---------- text
        stage_before as from_stage,
        stage as to_stage,
        ---------- money
        cast(amount as decimal(18, 2)) as amount,
        ---------- moments
        entered_at as changed_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from followed
    where stage_before is distinct from stage
)

select * from renamed
