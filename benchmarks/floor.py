"""The floor: the nine main marts by hand in DuckDB, straight from the loaded Parquet.

    python -m benchmarks.floor SITE_DATA CONFIG AS_OF      (a process of its own, so that it is measured alone)

Add here: SQL of a main mart. Keep out: the same in pandas (`floor_pandas.py`), whole nights (`sizes.py`).

One source, no past versions of a record, no currencies, no identity across systems, no working calendar, no
contracts, no tests, no reasons: what a good analyst would write in an afternoon. It says what the data costs
to be counted once, not what a night has to do.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from pathlib import Path

import duckdb

SOURCE = "sales_sheets"
ENTITIES = (
    "users", "teams", "accounts", "opportunities", "stage_history", "activities", "orders", "targets",
)  # fmt: skip
SCOPES = "grouping sets ((), (region), (team_id), (owner_id))"
SCOPE = (
    "case when grouping(owner_id) = 0 then 'rep' when grouping(team_id) = 0 then 'team' "
    "when grouping(region) = 0 then 'region' else 'company' end as scope_type, "
    "coalesce(owner_id, team_id, region, '') as scope_id"
)

# In this order: each may read those before it. {as_of} is the night's day.
MARTS = {
    "fct_stage_events": """
        select e.*, s.stage_order, s.outcome,
            row_number() over way as number, lag(to_stage) over way as came_from,
            lead(changed_at) over way as left_at,
            date_diff('day', changed_at, lead(changed_at) over way) as days_in_stage
        from stage_history as e left join stages as s on e.to_stage = s.source_stage
        window way as (partition by opportunity_id order by changed_at, event_id)""",
    "fct_opportunities": """
        select o.*, s.stage_order, s.outcome, p.team_id, p.region, a.touches, a.last_touch, e.moves, e.since,
            date_diff('day', o.created_at, coalesce(o.closed_at, timestamptz '{as_of}')) as age_days
        from opportunities as o
        left join stages as s on o.stage = s.source_stage
        left join people as p on o.owner_id = p.user_id
        left join (select opportunity_id, count(*) as touches, max(occurred_at) as last_touch
                   from activities group by 1) as a using (opportunity_id)
        left join (select opportunity_id, count(*) as moves, max(changed_at) as since
                   from stage_history group by 1) as e using (opportunity_id)""",
    "fct_activities": """
        select a.*, p.team_id, p.region, o.stage from activities as a
        left join people as p on a.owner_id = p.user_id
        left join opportunities as o using (opportunity_id)""",
    "fct_orders": """
        select o.*, p.team_id, p.region, coalesce(delivered_at, timestamptz '{as_of}') > promised_at as is_late,
            row_number() over (partition by account_id order by ordered_at, order_id) as number
        from orders as o left join people as p on o.owner_id = p.user_id""",
    "fct_funnel": f"""
        with entries as (
            select e.opportunity_id, e.to_stage, min(e.changed_at) as entered, max(e.number) as number,
                any_value(o.owner_id) as owner_id, any_value(o.team_id) as team_id,
                any_value(o.region) as region, any_value(o.created_at) as created_at, max(x.n) as moves
            from fct_stage_events as e inner join fct_opportunities as o using (opportunity_id)
            inner join (select opportunity_id, max(number) as n from fct_stage_events group by 1) as x
                using (opportunity_id)
            group by 1, 2)
        select date_trunc('month', created_at)::date as cohort, to_stage as stage, {SCOPE},
            count(*) as entered, count(*) filter (where moves > number) as went_on
        from entries group by cohort, stage, {SCOPES}""",
    "fct_pipeline_daily": f"""
        with stays as (
            select o.owner_id, o.team_id, o.region, e.to_stage as stage, e.amount,
                unnest(generate_series(e.changed_at::date,
                    coalesce(e.left_at::date - 1, date '{{as_of}}'), interval 1 day))::date as day
            from fct_stage_events as e inner join fct_opportunities as o using (opportunity_id)
            where e.outcome = 'open'),
        of_reps as (
            select day, stage, owner_id, team_id, region, count(*) as open_count, sum(amount) as open_amount
            from stays group by all)
        select day, stage, {SCOPE}, sum(open_count) as open_count, sum(open_amount) as open_amount
        from of_reps group by day, stage, {SCOPES}""",
    "fct_target_completion": f"""
        with stated as (
            select period, scope_id as owner_id, arg_max(target_amount, coalesce(effective_from, date '2000-01-01'))
                as target_amount from targets
            where scope_type = 'rep' and period like '____-__' group by 1, 2),
        made as (
            select strftime(ordered_at, '%Y-%m') as period, owner_id, sum(amount) as actual
            from orders group by 1, 2)
        select period, {SCOPE}, sum(target_amount) as target, sum(actual) as actual,
            (sum(actual) / nullif(sum(target_amount), 0))::double as attainment
        from (select s.period, s.owner_id, s.target_amount, m.actual, p.team_id, p.region from stated as s
              left join made as m using (period, owner_id) left join people as p on s.owner_id = p.user_id)
        group by period, {SCOPES}""",
    "fct_account_health": """
        with gaps as (
            select account_id, date_diff('day', lag(ordered_at) over (partition by account_id order by ordered_at),
                ordered_at) as gap, amount, ordered_at from orders),
        bought as (
            select account_id, count(*) as orders, sum(amount) as revenue, max(ordered_at) as last_order,
                median(gap) as rhythm from gaps group by 1),
        met as (select account_id, max(occurred_at) as last_contact from activities group by 1)
        select a.*, b.orders, b.revenue, b.last_order, b.rhythm, m.last_contact,
            date_diff('day', b.last_order, timestamptz '{as_of}') > 2 * b.rhythm as is_churned
        from accounts as a left join bought as b using (account_id) left join met as m using (account_id)""",
    "fct_metrics": f"""
        with facts as (
            select 'created' as metric, created_at::date as day, owner_id, team_id, region, 1.0 as n, 1.0 as d
            from fct_opportunities
            union all select 'won', closed_at::date, owner_id, team_id, region, (outcome = 'won')::int, 1
            from fct_opportunities where closed_at is not null
            union all select 'cycle', closed_at::date, owner_id, team_id, region, age_days, 1
            from fct_opportunities where outcome = 'won'
            union all select 'revenue', ordered_at::date, owner_id, team_id, region, amount::double, 1
            from fct_orders
            union all select 'late', ordered_at::date, owner_id, team_id, region, is_late::int, 1 from fct_orders
            union all select 'activities', occurred_at::date, owner_id, team_id, region, 1, 1
            from fct_activities),
        days as (
            select metric, day, owner_id, team_id, region, sum(n) as n, sum(d) as d from facts group by all),
        periods as (
            select metric, grain, date_trunc(grain, day)::date as period, {SCOPE}, sum(n) as n, sum(d) as d
            from days cross join (values ('week'), ('month'), ('quarter')) as g (grain)
            group by metric, grain, period, {SCOPES})
        select p.*, p.n / p.d as value, y.n as year_ago, avg(p.n) over past as baseline,
            stddev_samp(p.n) over past as spread
        from periods as p left join periods as y
            on y.metric = p.metric and y.grain = p.grain and y.scope_type = p.scope_type
            and y.scope_id = p.scope_id and y.period = date_trunc(p.grain, p.period - interval 1 year)::date
        window past as (partition by p.metric, p.grain, p.scope_type, p.scope_id order by p.period
            rows between 13 preceding and 1 preceding)""",
}
# One figure of each mart, for whoever wants to know that two versions count the same.
PROOF = {
    "fct_stage_events": "sum(days_in_stage)",
    "fct_opportunities": "sum(amount)",
    "fct_activities": "count(team_id)",
    "fct_orders": "sum(amount)",
    "fct_funnel": "sum(went_on)",
    "fct_pipeline_daily": "sum(open_amount)",
    "fct_target_completion": "sum(actual)",
    "fct_account_health": "sum(revenue)",
    "fct_metrics": "sum(baseline)",
}


def build(data: Path, config: Path, as_of: dt.date, into: Path) -> dict[str, tuple[int, float]]:
    """Build the nine marts in a DuckDB file; rows and one sum of each."""
    with duckdb.connect(str(into)) as connection:
        connection.execute("set timezone = 'UTC'")
        for entity in ENTITIES:
            files = data / "raw" / SOURCE / entity / "*.parquet"
            connection.execute(
                f"create view {entity} as select * exclude (_file, _address, _raw, source, _loaded_at) "
                f"from read_parquet('{files}')"
            )
        connection.execute(
            f"create table stages as from read_csv('{config / 'stages.csv'}', header = true)"
        )
        connection.execute(
            "create table people as select u.user_id, u.team_id, t.region "
            "from users as u left join teams as t using (team_id) "
            "qualify row_number() over (partition by user_id order by valid_from desc) = 1"
        )
        found = {}
        for name, sql in MARTS.items():
            connection.execute(f"create table {name} as {sql.format(as_of=as_of)}")
            proof = f"select count(*), ({PROOF[name]})::double from {name}"
            rows, total = connection.execute(proof).fetchall()[0]
            found[name] = (rows, total)
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, config, as_of = (
            Path(sys.argv[1]),
            Path(sys.argv[2]),
            dt.date.fromisoformat(sys.argv[3]),
        )
        for name, (rows, total) in build(
            data, config, as_of, Path(folder) / "floor.duckdb"
        ).items():
            print(name, rows, round(total, 2))


if __name__ == "__main__":
    main()
