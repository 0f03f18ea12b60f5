-- A failing row is a stage name of a source that stages.csv does not map.
select
    aliases.source,
    aliases.source_stage
from {{ ref('int_stages__aliases') }} as aliases
inner join {{ ref('dim_stage') }} as stages on aliases.stage = stages.stage
where not aliases.is_mapped
