-- Tasks that are done, events, and the company's own object if it keeps follow-ups in one. Open
-- tasks are plans; copies for invitees and masters of recurring events would count twice.
with tasks as (
    {{ salesforce_current('task', 'Task') }}
),

events as (
    {{ salesforce_current('event', 'Event') }}
),

own_objects as (
    {{ salesforce_current('custom_activities', 'custom_activities') }}
),

people_of_accounts as (
    {{ salesforce_current('contact', 'Contact') }}
),

standard_rows as (
    select
        id,
        owner_id,
        who_id,
        what_id,
        account_id,
        coalesce(custom_activity_type, type, task_subtype) as activity_type,
        coalesce(custom_direction, lower(call_type)) as direction,
        custom_opportunity_id,
        custom_account_id,
        custom_owner_id,
        coalesce(
            custom_occurred_at, completed_date_time, {{ company_midnight('activity_date') }}
        ) as occurred_at,
        source,
        _loaded_at
    from tasks
    where is_closed
    union all
    select
        id,
        owner_id,
        who_id,
        what_id,
        account_id,
        coalesce(custom_activity_type, type, 'Event') as activity_type,
        custom_direction as direction,
        custom_opportunity_id,
        custom_account_id,
        custom_owner_id,
        coalesce(
            custom_occurred_at, start_date_time, activity_date_time, {{ company_midnight('activity_date') }}
        ) as occurred_at,
        source,
        _loaded_at
    from events
    where not coalesce(is_child, false) and not coalesce(is_recurrence, false)
),

related as (
    select
        ---------- ids
        standard_rows.id as activity_id,
        coalesce(
            standard_rows.custom_opportunity_id,
            case when standard_rows.what_id like '006%' then standard_rows.what_id end
        ) as opportunity_id,
        coalesce(
            standard_rows.custom_account_id,
            standard_rows.account_id,
            case when standard_rows.what_id like '001%' then standard_rows.what_id end,
            people_of_accounts.account_id
        ) as account_id,
        coalesce(standard_rows.custom_owner_id, standard_rows.owner_id) as owner_id,
        ---------- text
        standard_rows.activity_type,
        case
            when standard_rows.direction in ('inbound', 'outbound') then standard_rows.direction
        end as direction,
        ---------- moments
        standard_rows.occurred_at,
        ---------- bookkeeping
        standard_rows.source,
        standard_rows._loaded_at
    from standard_rows
    left join people_of_accounts
        on standard_rows.source = people_of_accounts.source and standard_rows.who_id = people_of_accounts.id
    where standard_rows.occurred_at is not null
),

united as (
    select * from related
    union all
    select
        id as activity_id,
        opportunity_id,
        account_id,
        owner_id,
        activity_type,
        direction,
        occurred_at,
        source,
        _loaded_at
    from own_objects
)

select * from united
