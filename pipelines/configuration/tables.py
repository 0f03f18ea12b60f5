"""The configuration files that are tables: stages, exchange rates, people, calendar overrides.

Add here: a company decision kept as CSV. Keep out: data that a source gives.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pipelines.configuration.csv_rows import Unreadable, date_of, given, once, read_rows
from pipelines.configuration.problems import Problem
from pipelines.language import text as words

OUTCOMES = ("open", "won", "lost", "excluded")
_RATE = "a positive number below 1,000,000,000 with up to eight decimals"


@dataclass(frozen=True)
class StageRow:
    """One source's stage name and the company's stage it stands for (`source` may be `*`).

    `pipeline` names the sales process an open stage belongs to; all that have none are one process.
    """

    source: str
    source_stage: str
    stage: str
    stage_order: int
    outcome: str
    pipeline: str = ""


@dataclass(frozen=True)
class ExchangeRate:
    """Units of the company currency for one unit of `currency`, from `date` until the next."""

    date: dt.date
    currency: str
    rate: Decimal


@dataclass(frozen=True)
class PersonAccount:
    """One user account of one person in one source."""

    person_id: str
    name: str
    email: str
    source: str
    source_user_id: str


# Days for which a reason without a last day explains what a person does not do; None: from then on.
REASONS: dict[str, int | None] = {"leave": 0, "handover": 28, "territory": 60, "left": None}


@dataclass(frozen=True)
class Absence:
    """Days on which nothing can be asked of one person: leave, a handover, a new territory, or gone."""

    rep_id: str
    first_day: dt.date
    last_day: dt.date
    reason: str


@dataclass(frozen=True)
class CalendarDay:
    """A day on which the company's calendar differs from the country's."""

    date: dt.date
    is_workday: bool
    note: str


def read_stages(path: Path, problems: list[Problem]) -> list[StageRow]:
    """stages.csv: every (source, source_stage) once, one order, outcome and pipeline per stage."""

    def build(row: dict[str, str]) -> StageRow:
        given(row, "source", "source_stage", "stage")
        if row["outcome"] not in OUTCOMES:
            raise Unreadable("outcome", words("config.one_of_outcomes", outcomes=[*OUTCOMES]))
        try:
            order = int(row["stage_order"])
        except ValueError:
            raise Unreadable("stage_order", words("config.whole_number")) from None
        return StageRow(
            row["source"], row["source_stage"], row["stage"], order, row["outcome"], row["pipeline"]
        )

    headings = ("source", "source_stage", "stage", "stage_order", "outcome")
    before = len(problems)
    rows = read_rows(path, headings, build, problems, needed=True, optional=("pipeline",))
    names = (f"{row.source}, {row.source_stage}" for row in rows)
    once(path, names, problems, words("config.tables.stage_once"))
    meaning: dict[str, StageRow] = {}
    for row in rows:
        known = meaning.setdefault(row.stage, row)
        if (known.stage_order, known.outcome) != (row.stage_order, row.outcome):
            problems.append(
                Problem(
                    path.name,
                    row.stage,
                    words("config.tables.two_meanings"),
                    words(
                        "config.tables.one_meaning",
                        stage_order=known.stage_order,
                        outcome=known.outcome,
                    ),
                )
            )
        elif known.pipeline != row.pipeline:
            problems.append(
                Problem(
                    path.name,
                    row.stage,
                    words("config.tables.two_pipelines"),
                    words(
                        "config.tables.one_pipeline",
                        value=known.pipeline or words("config.tables.empty"),
                    ),
                )
            )
    # A row that could not be read may be the one that is missing: one fault, one sentence.
    if len(problems) == before and not set(OUTCOMES[:3]) <= {row.outcome for row in rows}:
        problems.append(
            Problem(
                path.name,
                "outcome",
                words("config.tables.outcomes"),
                words("config.tables.stage_each"),
            )
        )
    return rows


def read_exchange_rates(path: Path, problems: list[Problem]) -> list[ExchangeRate]:
    """exchange_rates.csv (optional): positive rates, dated."""

    def build(row: dict[str, str]) -> ExchangeRate:
        given(row, "currency")
        if not re.fullmatch(r"[A-Za-z]{3}", row["currency"]):
            raise Unreadable("currency", words("config.tables.currency"))
        try:
            rate = Decimal(row["rate"])
        except InvalidOperation:
            raise Unreadable("rate", _RATE) from None
        # The warehouse keeps eight decimals: what is smaller would become zero there.
        if not rate.is_finite() or not Decimal("0.00000001") <= rate < Decimal(10) ** 9:
            raise Unreadable("rate", _RATE)
        return ExchangeRate(date_of(row, "date"), row["currency"].upper(), rate)

    rows = read_rows(path, ("date", "currency", "rate"), build, problems, needed=False)
    once(
        path,
        (f"{row.date}, {row.currency}" for row in rows),
        problems,
        words("config.tables.rate_once"),
    )
    return rows


def read_people(path: Path, problems: list[Problem]) -> list[PersonAccount]:
    """people.csv (optional): which accounts of which sources are one person."""

    def build(row: dict[str, str]) -> PersonAccount:
        given(row, "person_id", "source", "source_user_id")
        return PersonAccount(**{name: row[name] for name in row})

    rows = read_rows(
        path,
        ("person_id", "name", "email", "source", "source_user_id"),
        build,
        problems,
        needed=False,
    )
    accounts = (f"{row.source}, {row.source_user_id}" for row in rows)
    once(path, accounts, problems, words("config.tables.account_once"))
    return rows


def read_calendar(path: Path, problems: list[Problem]) -> list[CalendarDay]:
    """calendar.csv (optional): company holidays and extra workdays."""

    def build(row: dict[str, str]) -> CalendarDay:
        if row["is_workday"].lower() not in {"true", "false", "1", "0"}:
            raise Unreadable("is_workday", words("config.true_or_false"))
        return CalendarDay(
            date_of(row, "date"), row["is_workday"].lower() in {"true", "1"}, row["note"]
        )

    rows = read_rows(path, ("date", "is_workday", "note"), build, problems, needed=False)
    once(path, (str(row.date) for row in rows), problems, words("config.tables.day_once"))
    return rows


def read_absences(path: Path, problems: list[Problem]) -> list[Absence]:
    """absences.csv (optional): who is away, or new, and why. Without `last_day` the reason says how long."""

    def build(row: dict[str, str]) -> Absence:
        given(row, "rep_id", "reason")
        reason = row["reason"].strip().lower()
        if reason not in REASONS:
            raise Unreadable("reason", words("config.rules.one_of", expected=[*REASONS]))
        first = date_of(row, "first_day")
        if row["last_day"]:
            last = date_of(row, "last_day")
            if last < first:
                raise Unreadable("last_day", words("config.tables.not_before", day=first))
        else:
            days = REASONS[reason]
            last = dt.date.max if days is None else first + dt.timedelta(days=days)
        return Absence(row["rep_id"], first, last, reason)

    headings = ("rep_id", "first_day", "last_day", "reason")
    return read_rows(path, headings, build, problems, needed=False)


def read_product_lines(path: Path, problems: list[Problem]) -> list[str]:
    """product_lines.csv (optional): the company's product lines, against which names are checked."""

    def build(row: dict[str, str]) -> str:
        given(row, "product_line")
        return row["product_line"]

    rows = read_rows(path, ("product_line",), build, problems, needed=False)
    once(path, rows, problems, words("config.tables.line_once"))
    return rows
