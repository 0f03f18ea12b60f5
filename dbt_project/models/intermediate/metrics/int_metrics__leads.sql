-- One row per lead created by the as-of day, with the team of its owner on the day it came in.
with leads as (
    {{ union_staging('leads') }}
),

newest as (
    {{ newest_of('leads', 'lead_id', '_loaded_at desc, source') }}
),

dated as (
    select
        newest.lead_id,
        newest.source_channel,
        {{ rep_of('newest.owner_id') }} as owner_id,
        {{ to_company_date('newest.created_at') }} as created_on,
        {{ to_company_date('newest.converted_at') }} as converted_on
    from newest
    {{ join_rep('newest.owner_id', 'newest.source') }}
)

select
    dated.lead_id,
    dated.source_channel,
    dated.owner_id,
    stays.team_id,
    stays.region,
    dated.created_on,
    case when dated.converted_on <= {{ as_of_date() }} then dated.converted_on end as converted_on
from dated
left join {{ ref('int_reps__history') }} as stays
    on
        dated.owner_id = stays.rep_id
        and dated.created_on between stays.covers_from and stays.covers_to
where dated.created_on <= {{ as_of_date() }}
