"""Companies unlike the sample, each with figures worked out by hand (README.md beside this file).

Add here: another way to say what must come out. Keep out: the companies themselves, which are folders.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from company_folder import LoadedCompany, company_folders, load_company
from compiled_models import compiled_models, in_memory

from pipelines.warehouse.binding import bind
from quality.audit import audit_feeds, audit_marts, audit_staged, audit_suites
from quality.feeds import read_feeds
from quality.gate import decide
from quality.reconciliation import Terms
from quality.results import CheckResult
from quality.suite_reader import read_suites

FOLDERS = company_folders()
KINDS = ("figure", "table", "finding")


class Built:
    """One company on one day: the built warehouse, and what the audit says of it when asked."""

    def __init__(
        self,
        company: LoadedCompany,
        as_of: dt.date,
        only: tuple[str, ...] | None,
        tests: frozenset[str] = frozenset(),
    ) -> None:
        """`only`: the models that are read beside those of `tests`; None for all of both."""
        settings = company.settings
        end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), settings.timezone)
        path, self.connection = in_memory()
        bind(path, settings, company.zone, as_of=as_of, known_at=end)
        self.settings, self.as_of = settings, as_of
        _as_tables(self.connection)
        compiled = compiled_models(settings)
        if only is not None:
            compiled = compiled.only(*only, tests=tests)
        self._dbt = compiled.build(self.connection, settings, tested=only is None or bool(tests))
        self._narrow = only is not None
        self._found: list[CheckResult] | None = None

    def found(self, *, whole: bool) -> list[CheckResult]:
        """Results of the audit; the suites of Great Expectations take a second and come with `whole`.

        Of a company of which only some models were built, those of its tests alone.
        """
        if self._narrow:
            return self._dbt
        if self._found is None:
            company = self.settings.company
            terms = Terms(self.as_of, company.timezone, company.currency, company.revenue_basis)
            names = [source.name for source in self.settings.sources]
            feeds = read_feeds(self.settings.config_dir, names)
            self._found = [
                *audit_feeds(self.connection, terms, feeds).results,
                *self._dbt,
                *audit_marts(self.connection, terms),
            ]
            if whole:
                for results in audit_suites(self.connection, read_suites()).values():
                    self._found += results
                self._found += audit_staged(self.connection, read_suites())
        return self._found


def _as_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Loaded rows read once instead of once per model."""
    views = connection.execute(
        "select table_name from information_schema.tables "
        "where table_schema = 'raw' and table_type = 'VIEW'"
    ).fetchall()
    for (name,) in views:
        connection.execute(
            f'create table raw."{name} read" as from raw."{name}"; drop view raw."{name}"; '
            f'alter table raw."{name} read" rename to "{name}"'
        )


@pytest.mark.parametrize(
    "folder", FOLDERS, ids=[f"{folder.parent.name}/{folder.name}" for folder in FOLDERS]
)
def test_company(folder: Path, tmp_path: Path) -> None:
    company = load_company(folder, tmp_path)
    given = company.expected
    whole = bool(given.get("audit"))
    asked = frozenset(item["finding"] for item in given["expected"] if "finding" in item)
    known = compiled_models(company.settings).program.tests.values()
    everything = whole or not asked <= {test.name for test in known}
    wrong: list[str] = []
    days = {item.get("as_of", given["as_of"]) for item in given["expected"]} | {given["as_of"]}
    for day in sorted(days):
        built = Built(company, day, None if everything else _read(given["expected"]), asked)
        for item in given["expected"]:
            if item.get("as_of", given["as_of"]) == day:
                assert item.get("because"), f"{item} was not worked out: say why"
                wrong += [
                    f"{day}: {fault}\n    because: {item['because']}"
                    for fault in _faults(built, item, whole)
                ]
        if whole:
            errors = decide(built.found(whole=True)).errors
            stops = set(given.get("stops") or [])
            wrong += [
                f"{day}: {error.check} stops the publication: {error.message_en}"
                for error in errors
                if error.check not in stops
            ]
            wrong += [
                f"{day}: {name} should stop the publication and does not"
                for name in stops - {error.check for error in errors}
            ]
        built.connection.close()
    assert not wrong, "\n" + "\n".join(wrong)


def _read(expected: list[dict[str, Any]]) -> tuple[str, ...]:
    """The models that what is expected is read from: half of all, in half of the time."""
    found = {item["table"].rpartition(".")[2] for item in expected if "table" in item}
    if any("figure" in item for item in expected):
        found |= {"fct_metrics", "int_calendar__periods"}
    return tuple(sorted(found))


def _faults(built: Built, item: dict[str, Any], whole: bool) -> list[str]:
    kind = next((kind for kind in KINDS if kind in item), None)
    if kind == "figure":
        return _figure(built.connection, item)
    if kind == "table":
        return _table(built.connection, item)
    assert kind == "finding", f"one of {', '.join(KINDS)}, not {item}"
    return _finding(built.found(whole=whole), item)


def _figure(connection: duckdb.DuckDBPyConnection, item: dict[str, Any]) -> list[str]:
    known = {"figure", "period", "grain", "scope", "dimension", "is", "because", "as_of"}
    grain, start = _period(connection, str(item["period"]))
    scope_type, _, scope_id = str(item.get("scope", "company:company")).partition(":")
    where = {
        "metric": item["figure"],
        "grain": item.get("grain", grain),
        "period_start": start,
        "scope_type": scope_type,
        "scope_id": scope_id or "company",
        "dimension": item.get("dimension", ""),
    }
    columns = {name: wanted for name, wanted in item.items() if name not in known}
    if item["is"] == "absent":
        return _table(connection, {"table": "fct_metrics", "where": where, "rows": 0})
    return _table(
        connection, {"table": "fct_metrics", "where": where, "is": {"value": item["is"], **columns}}
    )


def _period(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[str, dt.date]:
    """Grain and first day of `2026-03`, `2026-Q1` or `2026` (fiscal), or of a week by its first day."""
    if len(text) == 10:
        return "week", dt.date.fromisoformat(text)
    found = connection.execute(
        "select period_type, period_start from intermediate.int_calendar__periods "
        "where period_label = ?",
        [text],
    ).fetchall()
    assert len(found) == 1, f"period {text}: {found}"
    return found[0]


def _table(connection: duckdb.DuckDBPyConnection, item: dict[str, Any]) -> list[str]:
    name = item["table"] if "." in item["table"] else f"marts.{item['table']}"
    where = item.get("where", {})
    conditions = [f'"{column}" is not distinct from ?' for column in where]
    frame = connection.execute(
        f"select * from {name} where {' and '.join(conditions) or 'true'}", list(where.values())
    )
    columns = [column[0] for column in frame.description]
    rows = [dict(zip(columns, row, strict=True)) for row in frame.fetchall()]
    place = f"{name} {where}"
    faults = []
    if "rows" in item and len(rows) != item["rows"]:
        faults.append(f"{place} has {len(rows)} rows, not {item['rows']}")
    for column, wanted in item.get("sum", {}).items():
        total = sum((row[column] for row in rows if row[column] is not None), Decimal(0))
        if not _same(total, wanted):
            faults.append(f"{place}: {column} adds up to {total}, not {wanted}")
    if "is" in item:
        if len(rows) != 1:
            return [*faults, f"{place} has {len(rows)} rows, not the one that is meant"]
        faults += [
            f"{place}: {column} is {rows[0][column]}, not {wanted}"
            for column, wanted in item["is"].items()
            if not _same(rows[0][column], wanted)
        ]
    assert {"rows", "sum", "is"} & set(item), f"nothing is compared: {item}"
    return faults


def _same(got: Any, wanted: Any) -> bool:
    """Numbers to the decimals that are written; moments as text or date; all else as it is."""
    if isinstance(wanted, bool) or wanted is None or got is None:
        return got is wanted
    if isinstance(wanted, int | float) and isinstance(got, int | float | Decimal):
        decimals = len(repr(wanted).partition(".")[2])
        return round(float(got), decimals) == round(float(wanted), decimals)
    if isinstance(got, dt.datetime) and isinstance(wanted, str):
        return got.isoformat(sep=" ", timespec="minutes") == wanted
    return got == wanted


def _finding(results: list[CheckResult], item: dict[str, Any]) -> list[str]:
    named = [result for result in results if result.check == item["finding"]]
    if not named:
        return [f"no check is called {item['finding']}"]
    failed = [result for result in named if not result.passed]
    if item.get("passes"):
        return [f"{result.check} does not pass: {result.message_en}" for result in failed]
    if not failed:
        return [f"{item['finding']} found nothing"]
    faults = []
    rows, text = (
        sum(result.failed_rows for result in failed),
        " ".join(r.message_en for r in failed),
    )
    if "rows" in item and rows != item["rows"]:
        faults.append(f"{item['finding']} counts {rows}, not {item['rows']}: {text}")
    if "says" in item and str(item["says"]) not in text:
        faults.append(f"{item['finding']} does not say {item['says']!r}: {text}")
    if any(result.severity != item.get("severity", result.severity) for result in failed):
        faults.append(f"{item['finding']} is {failed[0].severity}, not {item['severity']}")
    return faults
