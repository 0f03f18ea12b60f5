-- Follow-up records, telephone sales, and the company's own object if it keeps follow-ups in one. Of
-- the records that one follow-up points at, the connector has kept the first deal, customer, contact.
with rows_of_objects as (
    {%- for table, kind in [('active_record', 'activity_type'), ('telesales_record', "'电话'")] %}
    select
        id,
        owner_id,
        created_by,
        related_opportunity_id,
        {{ 'account_id' if table == 'telesales_record' else 'cast(null as string)' }} as account_id,
        related_account_id,
        related_contact_id,
        custom_opportunity_id,
        custom_account_id,
        custom_owner_id,
        custom_occurred_at,
        custom_direction,
        coalesce(custom_activity_type, {{ kind }}) as activity_type,
        created_at,
        source,
        _loaded_at
    from ({{ fxiaoke_current(table) }}) as {{ table }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

deals as (
    {{ fxiaoke_current('opportunity') }}
),

contacts as (
    {{ fxiaoke_current('contact') }}
),

own_objects as (
    {{ fxiaoke_current('custom_activities', stamp='record_modified_at') }}
),

united as (
    select
        rows_of_objects.id,
        coalesce(
            rows_of_objects.custom_opportunity_id, rows_of_objects.related_opportunity_id
        ) as opportunity_id,
        coalesce(
            rows_of_objects.custom_account_id,
            rows_of_objects.related_account_id,
            rows_of_objects.account_id,
            deals.account_id,
            contacts.account_id
        ) as account_id,
        coalesce(
            rows_of_objects.custom_owner_id, rows_of_objects.owner_id, rows_of_objects.created_by
        ) as owner_id,
        rows_of_objects.activity_type,
        rows_of_objects.custom_direction as direction,
        coalesce(rows_of_objects.custom_occurred_at, rows_of_objects.created_at) as occurred_at,
        rows_of_objects.source,
        rows_of_objects._loaded_at
    from rows_of_objects
    left join deals
        on
            rows_of_objects.source = deals.source
            and rows_of_objects.related_opportunity_id = deals.id
    left join contacts
        on
            rows_of_objects.source = contacts.source
            and rows_of_objects.related_contact_id = contacts.id
    union all
    select
        id,
        opportunity_id,
        account_id,
        owner_id,
        activity_type,
        direction,
        occurred_at,
        source,
        _loaded_at
    from own_objects
),

renamed as (
    select
        ---------- ids
        id as activity_id,
        opportunity_id,
        account_id,
        owner_id,
        ---------- text
        activity_type,
        case
            when lower(direction) in ('inbound', '呼入', '来电', '来访') then 'inbound'
            when lower(direction) in ('outbound', '呼出', '去电', '拜访') then 'outbound'
        end as direction,
        ---------- moments
        occurred_at,
        ---------- bookkeeping
        source,
        _loaded_at
    from united
)

select * from renamed
