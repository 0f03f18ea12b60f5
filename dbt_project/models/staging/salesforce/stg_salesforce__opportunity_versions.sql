-- Amount and close date from OpportunityHistory, the owner from the tracked field Owner, where the
-- org tracks it; of its two rows per change the one with ids is read. Without tracking, the present
-- owner is taken for all times.
with deals as (
    {{ salesforce_current('opportunity', 'Opportunity') }}
),

history as (
    {{ salesforce_current('opportunity_history', 'OpportunityHistory', stamp='created_date') }}
),

field_history as (
    {{ salesforce_current('opportunity_field_history', 'OpportunityFieldHistory', stamp='created_date') }}
),

owner_changes as (
    select *
    from field_history
    where field = 'Owner' and new_value like '005%'
),

first_owners as (
    select
        source,
        opportunity_id,
        min_by(old_value, created_date) as owner_id
    from owner_changes
    group by source, opportunity_id
),

changes as (
    select
        source,
        opportunity_id,
        created_date as changed_at,
        id,
        amount,
        close_date,
        cast(null as string) as owner_id,
        1 as is_history,
        0 as is_owner
    from history
    union all
    select
        source,
        opportunity_id,
        created_date as changed_at,
        id,
        null as amount,
        null as close_date,
        new_value as owner_id,
        0 as is_history,
        1 as is_owner
    from owner_changes
),

counted as (
    select
        *,
        sum(is_history) over (
            partition by source, opportunity_id order by changed_at, id rows unbounded preceding
        ) as history_number,
        sum(is_owner) over (
            partition by source, opportunity_id order by changed_at, id rows unbounded preceding
        ) as owner_number
    from changes
),

-- Each stretch between two changes of one kind holds exactly one row with its values.
filled as (
    select
        source,
        opportunity_id,
        changed_at,
        id,
        history_number,
        max(amount) over (partition by source, opportunity_id, history_number) as amount,
        max(close_date) over (partition by source, opportunity_id, history_number) as close_date,
        max(owner_id) over (partition by source, opportunity_id, owner_number) as owner_id
    from counted
),

-- Several changes at one moment: the last of them stands.
last_of_moment as (
    select
        *,
        row_number()
            over (partition by source, opportunity_id, changed_at order by history_number desc, id desc)
            as moment_rank
    from filled
    where history_number > 0
),

renamed as (
    select
        last_of_moment.opportunity_id,
        coalesce(last_of_moment.owner_id, first_owners.owner_id, deals.owner_id) as owner_id,
        cast(last_of_moment.amount as decimal(18, 2)) as amount,
        last_of_moment.close_date as expected_close_date,
        last_of_moment.changed_at,
        last_of_moment.source,
        deals._loaded_at
    from last_of_moment
    inner join deals
        on last_of_moment.source = deals.source and last_of_moment.opportunity_id = deals.id
    left join first_owners
        on
            last_of_moment.source = first_owners.source
            and last_of_moment.opportunity_id = first_owners.opportunity_id
    where last_of_moment.moment_rank = 1
)

select * from renamed
