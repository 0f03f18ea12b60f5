-- A failing row is an argument at which normal_cdf is off.
with known as (
    select
        cast(-2.326347874 as double) as x,
        cast(0.01 as double) as share
    union all
    select
        cast(-1.0 as double) as x,
        cast(0.158655254 as double) as share
    union all
    select
        cast(0.0 as double) as x,
        cast(0.5 as double) as share
    union all
    select
        cast(0.841621234 as double) as x,
        cast(0.8 as double) as share
    union all
    select
        cast(1.959963985 as double) as x,
        cast(0.975 as double) as share
    union all
    select
        cast(6.0 as double) as x,
        cast(1.0 as double) as share
)

select
    x,
    share,
    {{ normal_cdf('x') }} as computed
from known
where abs(({{ normal_cdf('x') }}) - share) > 1e-7
