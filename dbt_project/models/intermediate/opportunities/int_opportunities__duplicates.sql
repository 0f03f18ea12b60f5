-- One row per opportunity that another source tells as well under another id and that therefore does not
-- count, with the one that does. Two deals of different sources are one if customer, currency and name
-- (without case, width, blanks and punctuation) agree, the amounts to 0.01 and the days of creation to
-- order_match_days days. Pairs are one to one, nearest day first; the first source by name counts. Pairs
-- without a name in common are a finding.
with told as (
    {{ union_staging('opportunities') }}
),

deals as (
    select * from told
    -- One source alone has no doubles, and most companies have no more.
    where (select count(distinct all_told.source) from told as all_told) > 1
),

newest as (
    {{ newest_of('deals', 'source, opportunity_id', 'updated_at desc nulls last, _loaded_at desc') }}
),

keyed as (
    select
        newest.source,
        newest.opportunity_id,
        {{ account_of('newest.account_id') }} as account_id,
        {{ name_key('newest.opportunity_name') }} as name_key,
        coalesce(newest.currency, '{{ var("currency") }}') as currency,
        newest.amount,
        {{ to_company_date('newest.created_at') }} as created_on
    from newest
    {{ join_account('newest.account_id') }}
),

-- The macro of orders calls the ids so.
pairs as (
    select
        here.source,
        here.opportunity_id as order_id,
        there.source as kept_source,
        there.opportunity_id as kept_order_id,
        1 as trust,
        true as same_opportunity,
        abs({{ days_between('here.created_on', 'there.created_on') }}) as days_apart
    from keyed as here
    inner join keyed as there
        on
            here.account_id = there.account_id
            and here.name_key = there.name_key
            and here.currency = there.currency
            and here.source > there.source
            and here.opportunity_id != there.opportunity_id
    where
        abs(here.amount - there.amount) <= 0.01
        and abs({{ days_between('here.created_on', 'there.created_on') }}) <= {{ order_match_days() }}
        and greatest(here.created_on, there.created_on) <= {{ as_of_date() }}
),

{{ nearest_pairs('pairs', 'found') }},

single as (
    {{ newest_of('found', 'order_id', 'kept_source, kept_order_id') }}
)

-- The one that counts may be another's double itself: then that one counts.
select
    single.order_id as opportunity_id,
    single.source,
    coalesce(further.kept_order_id, single.kept_order_id) as kept_opportunity_id
from single
left join single as further on single.kept_order_id = further.order_id
