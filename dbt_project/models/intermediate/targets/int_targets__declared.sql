-- Per judged day and period: the target declared for a scope, in the version known then, and the
-- first version beside it. A finished period keeps the version of its last day: a revision made
-- afterwards does not undo a miss.
select
    spine.as_of,
    spine.period_type,
    spine.period_start,
    spine.knowledge_on,
    versions.scope_type,
    versions.scope_id,
    versions.metric,
    sum(case
        when versions.known_to is null or versions.known_to >= spine.knowledge_on
            then versions.target_amount
    end) as target_amount,
    sum(case when versions.is_original then versions.target_amount end) as original_amount
from {{ ref('int_targets__spine') }} as spine
inner join {{ ref('int_targets__versions') }} as versions
    on
        spine.period_type = versions.period_type
        and spine.period_start = versions.period_start
        and spine.knowledge_on >= versions.known_from
group by
    spine.as_of,
    spine.period_type,
    spine.period_start,
    spine.knowledge_on,
    versions.scope_type,
    versions.scope_id,
    versions.metric
