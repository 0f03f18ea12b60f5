-- One row per way in which a product line is written, with the one name it goes by: what differs only in
-- case, width or blanks is one line. The name is the spelling loaded first (of one load the most frequent),
-- so that it never changes afterwards.
with written as (
    select
        product_line as alias,
        _loaded_at
    from ({{ union_staging('opportunities') }}) as deals
    union all
    select
        product_line as alias,
        _loaded_at
    from ({{ union_staging('orders') }}) as orders
    union all
    select
        scope_id as alias,
        _loaded_at
    from ({{ union_staging('targets') }}) as targets
    where scope_type = 'product_line'
),

spellings as (
    select
        alias,
        {{ person_key('alias') }} as line_key,
        min(_loaded_at) as first_loaded_at,
        count(*) as times
    from written
    where alias is not null
    group by alias
)

select
    alias,
    first_value(alias) over (
        partition by line_key order by first_loaded_at asc, times desc, alias asc
        rows between unbounded preceding and unbounded following
    ) as product_line
from spellings
