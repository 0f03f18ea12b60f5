-- One row per source and way to call a person. What a row writes as its owner, manager or target is a person
-- if it is an id, a name or an e-mail (int_reps__called), else if it differs from one person's by case, width
-- and blanks alone, or holds an e-mail in brackets (Li Ming <li@x.cn>) that does.
with known as (
    select * from {{ ref('int_reps__called') }}
),

-- What one person alone was called in an earlier load still names him, unless somebody is called so today.
before as (
    select
        earlier.earlier_name as alias,
        min(known.rep_id) as rep_id
    from {{ ref('int_names__earlier') }} as earlier
    inner join known on earlier.source = known.source and earlier.record_id = known.alias
    left join known as today on earlier.earlier_name = today.alias
    where earlier.entity = 'users' and today.alias is null
    group by earlier.earlier_name
    having count(distinct known.rep_id) = 1
),

called as (
    select * from known
    union all
    select
        '*' as source,
        alias,
        rep_id
    from before
),

used as (
    {%- for entity, column in [
        ('opportunities', 'owner_id'), ('opportunity_versions', 'owner_id'), ('orders', 'owner_id'),
        ('activities', 'owner_id'), ('accounts', 'owner_id'), ('leads', 'owner_id'),
        ('users', 'manager_id'), ('targets', 'scope_id'),
    ] %}
    select {{ column }} as alias
    from ({{ union_staging(entity) }}) as {{ entity }}
    where {{ "scope_type = 'rep'" if entity == 'targets' else column ~ ' is not null' }}
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
),

keyed as (
    select
        {{ person_key('alias') }} as person_key,
        min(rep_id) as rep_id
    from called
    group by {{ person_key('alias') }}
    having count(distinct rep_id) = 1
),

spelled as (
    select
        '*' as source,
        used.alias,
        keyed.rep_id
    from used
    inner join keyed
        on
            {{ person_key('used.alias') }} = keyed.person_key
            or {{ person_key(mail_within('used.alias')) }} = keyed.person_key
    left join called on used.alias = called.alias
    where called.alias is null
)

select
    source,
    alias,
    rep_id
from called
union all
select
    source,
    alias,
    rep_id
from spelled
