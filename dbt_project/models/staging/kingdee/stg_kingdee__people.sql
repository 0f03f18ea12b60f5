-- Employees who sell, or to whom such people report: the list of employees has everybody in the
-- works as well. A site without a list of salesmen gives all employees; one without a list of employees,
-- its salesmen.
with employees as (
    {{ newest_of(
        source('raw', 'kingdee__employee'),
        'source, number, _loaded_at',
        "case when forbid_status = 'B' then 1 else 0 end, length(id), id"
    ) }}
),

sellers as (
    select distinct
        source,
        user_id
    from {{ ref('stg_kingdee__salesmen') }}
),

selling as (
    select distinct source from sellers
),

-- Whom sellers report to, and whom those do.
leaders as (
    select
        employees.source,
        employees.manager_number as user_id,
        managers.manager_number as above_id
    from employees
    inner join sellers on employees.source = sellers.source and employees.number = sellers.user_id
    left join employees as managers
        on
            employees.source = managers.source
            and employees.manager_number = managers.number
            and employees._loaded_at = managers._loaded_at
),

chosen as (
    select
        source,
        user_id
    from sellers
    union
    select
        source,
        user_id
    from leaders
    union
    select
        source,
        above_id as user_id
    from leaders
),

posts as (
    select
        salesmen.source,
        salesmen._loaded_at,
        salesmen.name,
        salesmen.department_number,
        salesmen.forbid_status,
        salesmen.number,
        numbers.user_id
    from {{ source('raw', 'kingdee__salesman') }} as salesmen
    inner join {{ ref('stg_kingdee__salesmen') }} as numbers
        on salesmen.source = numbers.source and salesmen.number = numbers.salesman_number
    where salesmen.source not in (select employees.source from employees)
),

-- Of several posts one that is not forbidden tells the department.
posts_of_nights as (
    {{ newest_of(
        'posts',
        'source, user_id, _loaded_at',
        "case when forbid_status = 'B' then 1 else 0 end, number"
    ) }}
),

renamed as (
    select
        ---------- ids
        employees.number as user_id,
        employees.department_number as team_id,
        employees.manager_number as manager_id,
        ---------- text
        employees.name as user_name,
        employees.email,
        ---------- flags
        coalesce(employees.forbid_status, 'A') != 'B' as is_allowed,
        ---------- dates
        employees.joined_on,
        employees.left_on,
        ---------- bookkeeping
        employees.source,
        employees._loaded_at
    from employees
    left join selling on employees.source = selling.source
    left join chosen on employees.source = chosen.source and employees.number = chosen.user_id
    where chosen.user_id is not null or selling.source is null
    union all
    select
        user_id,
        department_number as team_id,
        cast(null as string) as manager_id,
        name as user_name,
        cast(null as string) as email,
        coalesce(forbid_status, 'A') != 'B' as is_allowed,
        cast(null as date) as joined_on,
        cast(null as date) as left_on,
        source,
        _loaded_at
    from posts_of_nights
)

select * from renamed
