{#- The order of an opportunity's moves between stages. Add here: how moves that stand at one moment follow
    each other. Keep out: which moves there are (int_opportunities__history). -#}

{#- CTEs `chained`: rows of `moves` (event_id, opportunity_id, moment, from_stage, to_stage, stage_order) with
    `place`, their order among those of one moment: each leaves the stage that the one before it entered. The
    first leaves the stage that is left once more often than it is entered, and where none is (a circle) the
    stage in which the moment before it ended, or with which a deal begins. What no chain reaches follows in the order of the stages. Up to
    `rounds` moves of one moment are chained, more than people make. -#}
{% macro chained_moves(moves, rounds=6) -%}
tied_moments as (
    select
        opportunity_id,
        moment
    from {{ moves }}
    group by opportunity_id, moment
    having count(*) > 1
),

tied as (
    select moves.*
    from {{ moves }} as moves
    inner join tied_moments
        on moves.opportunity_id = tied_moments.opportunity_id and moves.moment = tied_moments.moment
),

-- All moves of the deals that have such a moment: of the others nothing is asked.
moves_around as (
    select moves.*
    from {{ moves }} as moves
    inner join (select distinct opportunity_id from tied_moments) as deals_tied
        on moves.opportunity_id = deals_tied.opportunity_id
),

balances as (
    select
        opportunity_id,
        moment,
        stage,
        sum(step) as balance
    from (
        select opportunity_id, moment, from_stage as stage, 1 as step from moves_around
        union all
        select opportunity_id, moment, to_stage as stage, -1 as step from moves_around
    ) as ends
    where stage is not null
    group by opportunity_id, moment, stage
),

moments_of_moves as (
    select
        opportunity_id,
        moment,
        min(case when balance > 0 then stage end) as first_stage,
        min(case when balance < 0 then stage end) as last_stage
    from balances
    group by opportunity_id, moment
),

earliest_stages as (
    select
        opportunity_id,
        moment,
        min_by(to_stage, stage_order) as earliest_stage
    from tied
    group by opportunity_id, moment
),

begun as (
    select
        opportunity_id,
        moment,
        coalesce(
            first_stage,
            lag(ending) over (partition by opportunity_id order by moment),
            earliest_stage
        ) as stage
    from (
        select
            moments_of_moves.*,
            earliest_stages.earliest_stage,
            {{ last_known(
                'moments_of_moves.last_stage', 'moments_of_moves.opportunity_id', 'moments_of_moves.moment'
            ) }} as ending
        from moments_of_moves
        left join earliest_stages
            on
                moments_of_moves.opportunity_id = earliest_stages.opportunity_id
                and moments_of_moves.moment = earliest_stages.moment
    ) as ended_moments
),

round_0 as (
    select
        tied.event_id,
        tied.opportunity_id,
        tied.moment,
        begun.stage,
        0 as place
    from tied
    inner join begun on tied.opportunity_id = begun.opportunity_id and tied.moment = begun.moment
    where false
),

{%- for number in range(1, rounds + 1) %}

round_{{ number }} as (
    select
        event_id,
        opportunity_id,
        moment,
        to_stage as stage,
        {{ number }} as place
    from (
        select
            tied.*,
            row_number() over (
                partition by tied.opportunity_id, tied.moment
                order by case when returns.stage is null then 1 else 0 end, tied.stage_order, tied.event_id
            ) as choice
        from tied
        inner join {{ 'begun' if number == 1 else 'round_' ~ (number - 1) }} as stood
            on
                tied.opportunity_id = stood.opportunity_id
                and tied.moment = stood.moment
                and tied.from_stage = stood.stage
        -- A move into a stage that is left again comes before one that ends the day.
        left join (
            select distinct opportunity_id, moment, from_stage as stage from tied
        ) as returns
            on
                tied.opportunity_id = returns.opportunity_id
                and tied.moment = returns.moment
                and tied.to_stage = returns.stage
        {%- for earlier in range(1, number) %}
        left join round_{{ earlier }} as taken_{{ earlier }} on tied.event_id = taken_{{ earlier }}.event_id
        {%- endfor %}
        {%- if number > 1 %}
        where
            {%- for earlier in range(1, number) %}
            {{ 'and ' if not loop.first }}taken_{{ earlier }}.event_id is null
            {%- endfor %}
        {%- endif %}
    ) as candidates
    where choice = 1
),
{%- endfor %}

placed as (
    select event_id, place from round_0
    {%- for number in range(1, rounds + 1) %}
    union all
    select event_id, place from round_{{ number }}
    {%- endfor %}
),

chained as (
    select
        moves.*,
        coalesce(placed.place, {{ rounds + 1 }}) as place
    from {{ moves }} as moves
    left join placed on moves.event_id = placed.event_id
)
{%- endmacro %}
