-- One row per person and stay in a team.
select
    rep_id,
    rep_name,
    team_id,
    region,
    manager_id,
    valid_from,
    valid_to,
    is_current,
    is_active,
    is_listed,
    source
from {{ ref('int_reps__history') }}
