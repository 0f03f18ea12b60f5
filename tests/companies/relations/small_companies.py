"""Small companies as Hypothesis makes them, and how one becomes figures.

Add here: another kind of row a company may have, another way to read its figures. Keep out: the relations
that must hold (`test_relations.py`).
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from company_folder import load_company
from compiled_models import compiled_models, in_memory
from hypothesis import strategies as st

from pipelines.warehouse.binding import bind

AS_OF = dt.date(2026, 10, 30)
Rows = list[dict[str, Any]]
# What is read of a build, and what it takes: half of the models, so half of the time.
WANTED = ("fct_metrics", "fct_target_completion", "fct_orders", "fct_opportunities")


@dataclass(frozen=True)
class Company:
    """Sheets by entity. `nights`: the sheets of earlier loads, by day; `parts`: into how many files, or
    sources, the sheets are split."""

    sheets: Mapping[str, Rows]
    as_of: dt.date = AS_OF
    nights: Mapping[dt.date, Mapping[str, Rows]] = field(default_factory=dict)
    files: int = 1
    sources: int = 1

    def with_rows(self, **sheets: Rows) -> Company:
        return replace(self, sheets={**self.sheets, **sheets})


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Two or three teams, perhaps one above the other, people, deals, orders and targets.

    What is drawn is added to a company that is varied already: Hypothesis begins with zeros.
    """
    teams = [f"T{n}" for n in range(1, draw(st.integers(2, 3)) + 1)]
    above = {t: draw(st.sampled_from([*teams[:n][-1:], None])) for n, t in enumerate(teams)}
    region = {t: draw(st.sampled_from(["North", None, "South"])) for t in teams}
    people = [f"U{n}" for n in range(1, draw(st.integers(3, 5)) + 1)]
    team_of = {u: teams[(n + draw(st.integers(0, 2))) % len(teams)] for n, u in enumerate(people)}

    def owner(n: int) -> str:
        return people[(n + draw(st.integers(0, 4))) % len(people)]

    def day(n: int) -> dt.date:
        return AS_OF - dt.timedelta(days=(n * 41 + draw(st.integers(0, 330))) % 331)

    def money(n: int) -> int:
        return 100 * (n + 1) + draw(st.integers(0, 5_000))

    orders = [
        {
            "order_id": f"O{n}",
            "account_id": f"A{n % 3 + draw(st.integers(1, 2))}",
            "owner_id": owner(n),
            "amount": money(n) * draw(st.sampled_from([1, 1, 1, -1])),
            "ordered_at": day(n).isoformat(),
        }
        for n in range(draw(st.integers(6, 12)))
    ]
    deals = []
    for n in range(draw(st.integers(4, 8))):
        created = day(n + 3)
        stage = ("Discovery", "Signed", "Lost", "Proposal")[(n + draw(st.integers(0, 3))) % 4]
        closed = created + dt.timedelta(days=draw(st.integers(0, (AS_OF - created).days)))
        deals.append(
            {
                "opportunity_id": f"D{n}",
                "account_id": "A1",
                "owner_id": owner(n),
                "stage": stage,
                "amount": money(n),
                "created_at": created.isoformat(),
                "closed_at": closed.isoformat() if stage in ("Signed", "Lost") else None,
            }
        )
    scopes = [("team", teams[0]), *(("rep", u) for u in people), *(("team", t) for t in teams[1:])]
    periods = ("2026-10", "2026-Q4", "2026-09", "2026")
    targets = [
        {
            "period": periods[(n + draw(st.integers(0, 3))) % 4],
            "scope_type": kind,
            "scope_id": name,
            "target_amount": money(n),
        }
        for n, (kind, name) in enumerate(scopes[: draw(st.integers(3, len(scopes)))])
    ]
    return Company(
        {
            "teams": [
                {
                    "team_id": t,
                    "team_name": f"Team {t}",
                    "parent_team_id": above[t],
                    "region": region[t],
                }
                for t in teams
            ],
            "users": [
                {"user_id": u, "user_name": f"Person {u}", "team_id": t} for u, t in team_of.items()
            ],
            "orders": orders,
            "opportunities": deals,
            "targets": targets,
        }
    )


class Builder:
    """Builds companies one after another in a folder; the compiled SQL is shared."""

    def __init__(self, root: Path) -> None:
        self.root, self.count = root, 0

    def figures(self, company: Company) -> dict[str, pd.DataFrame]:
        """The marts in WANTED, with their values as text, in an order of their own."""
        self.count += 1
        root = self.root / str(self.count)
        folder = root / "given"
        _write(company, folder)
        loaded = load_company(folder, root / "loaded")
        path, connection = in_memory()
        bind(path, loaded.settings, loaded.zone, as_of=company.as_of, known_at=None)
        compiled = compiled_models(loaded.settings).only(*WANTED)
        compiled.build(connection, loaded.settings, tested=False)
        found = {
            name: connection.execute(f"select * from marts.{name} order by all").df()
            for name in WANTED
        }
        connection.close()
        shutil.rmtree(root)
        return found


def _write(company: Company, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "expected.yml").write_text(yaml.safe_dump({"as_of": company.as_of, "expected": []}))
    names = ["sheets", *(f"more{n}" for n in range(1, company.sources))]
    sources = [{"name": name, "system": "spreadsheet", "folder": name} for name in names]
    for source in sources:
        source["files"] = [
            {"match": f"{entity}*.csv", "entity": entity} for entity in company.sheets
        ]
    (folder / "sources.yml").write_text(yaml.safe_dump({"sources": sources}))
    for name in names:
        (folder / name).mkdir()
    for day, sheets in [*company.nights.items(), (company.as_of, company.sheets)]:
        night = folder / f"night-{day}"
        for entity, rows in sheets.items():
            _write_rows(night, names, entity, rows, company.files)


def _write_rows(night: Path, names: Sequence[str], entity: str, rows: Rows, files: int) -> None:
    """Targets, people and teams stay together; events go to every source and file in turn."""
    places = [(name, part) for name in names for part in range(files)]
    if entity not in ("orders", "opportunities"):
        places = places[:1]
    columns = list(rows[0])
    for number, (name, part) in enumerate(places):
        chosen = rows[number :: len(places)]
        if chosen:
            (night / name).mkdir(parents=True, exist_ok=True)
            pd.DataFrame(chosen, columns=columns).to_csv(
                night / name / f"{entity}{part or ''}.csv", index=False
            )
