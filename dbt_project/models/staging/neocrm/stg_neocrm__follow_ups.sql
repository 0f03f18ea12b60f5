-- Follow-ups (活动记录) and visits that took place (拜访记录) as they stand, before their links are followed.
with united as (
    select
        id as activity_id,
        coalesce(custom_activity_type, entity_type) as activity_type,
        activity_record_from as target_object,
        activity_record_from_data as target_id,
        contact_id,
        custom_opportunity_id,
        custom_account_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        custom_direction as direction,
        coalesce(custom_occurred_at, start_time, created_at) as occurred_at,
        source,
        _loaded_at
    from ({{ neocrm_current('activity_record', 'activityRecord') }}) as follow_ups
    union all
    select
        -- Ids of two objects are not sure to be different.
        'visit-' || id as activity_id,
        coalesce(custom_activity_type, visit_type, '拜访') as activity_type,
        comp_visit_object as target_object,
        comp_visit_object_data as target_id,
        cast(null as string) as contact_id,
        custom_opportunity_id,
        custom_account_id,
        coalesce(custom_owner_id, owner_id) as owner_id,
        custom_direction as direction,
        coalesce(custom_occurred_at, sign_in_date, visit_time) as occurred_at,
        source,
        _loaded_at
    from ({{ neocrm_current('visit_record', 'visitRecord') }}) as visits
    where
        sign_in_date is not null
        or coalesce(visit_record_status, '') not in ('未开始', '待拜访', '计划中', '未拜访', '已取消', '取消', '作废')
)

select * from united
