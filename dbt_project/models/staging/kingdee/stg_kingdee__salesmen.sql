-- One employee is a salesman once for each post, and bills name the salesman. Salesmen that are gone
-- stay: old bills name them.
with numbered as (
    {{ newest_of(source('raw', 'kingdee__salesman'), 'source, number', '_loaded_at desc, length(id), id') }}
),

renamed as (
    select
        ---------- ids
        number as salesman_number,
        coalesce(employee_number, {{ kingdee_employee_part('number') }}) as user_id,
        ---------- bookkeeping
        source,
        _loaded_at
    from numbered
)

select * from renamed
