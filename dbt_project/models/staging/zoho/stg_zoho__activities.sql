-- Finished tasks, meetings and calls, or the company's own module. What_Id leads to a deal or an
-- account, which only its id can tell; Who_Id leads to a contact or a lead.
with rows_of_modules as (
    {%- for table, moment, kind, direction in [
        ('tasks', 'closed_time', 'Task', 'null'),
        ('events', 'start_datetime', 'Meeting', 'null'),
        ('calls', 'call_start_time', 'Call', 'call_type'),
    ] %}
    select
        id,
        owner_id,
        what_id,
        who_id,
        custom_opportunity_id,
        custom_account_id,
        custom_owner_id,
        coalesce(custom_activity_type, '{{ kind }}') as activity_type,
        lower(coalesce(custom_direction, {{ direction }})) as direction,
        coalesce(custom_occurred_at, {{ moment }}) as occurred_at,
        source,
        _loaded_at
    from ({{ zoho_current(table) }}) as {{ table }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

deals as (
    {{ zoho_current('deals') }}
),

accounts as (
    {{ zoho_current('accounts') }}
),

contacts as (
    {{ zoho_current('contacts') }}
),

renamed as (
    select
        ---------- ids
        rows_of_modules.id as activity_id,
        coalesce(rows_of_modules.custom_opportunity_id, deals.id) as opportunity_id,
        coalesce(
            rows_of_modules.custom_account_id, accounts.id, deals.account_id, contacts.account_id
        ) as account_id,
        coalesce(rows_of_modules.custom_owner_id, rows_of_modules.owner_id) as owner_id,
        ---------- text
        rows_of_modules.activity_type,
        case
            when rows_of_modules.direction in ('inbound', 'missed') then 'inbound'
            when rows_of_modules.direction = 'outbound' then 'outbound'
        end as direction,
        ---------- moments
        rows_of_modules.occurred_at,
        ---------- bookkeeping
        rows_of_modules.source,
        rows_of_modules._loaded_at
    from rows_of_modules
    left join deals on rows_of_modules.source = deals.source and rows_of_modules.what_id = deals.id
    left join accounts on rows_of_modules.source = accounts.source and rows_of_modules.what_id = accounts.id
    left join contacts on rows_of_modules.source = contacts.source and rows_of_modules.who_id = contacts.id
    -- A task that is not done is a plan.
    where rows_of_modules.occurred_at is not null
),

own_objects as (
    {{ zoho_current('custom_activities') }}
)

select * from renamed
union all
select
    id as activity_id,
    opportunity_id,
    account_id,
    owner_id,
    activity_type,
    lower(direction) as direction,
    occurred_at,
    source,
    _loaded_at
from own_objects
