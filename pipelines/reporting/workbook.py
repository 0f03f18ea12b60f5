"""The weekly report as a workbook: every row behind the page, numbers as numbers.

Add here: a sheet or a column of the workbook. Keep out: figures and their meaning, the words
(`texts.py`), how cells are written (`sheets.py`), and formulas: the file holds values only.
"""

from __future__ import annotations

import datetime as dt

from pipelines.configuration.company import Company
from pipelines.language.figures import Writer
from pipelines.reporting import alert_words, story
from pipelines.reporting.alert_records import Alert
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.records import Completion
from pipelines.reporting.sheets import Cell, Column, Sheets
from pipelines.reporting.texts import say, say_or
from pipelines.reporting.workbook_charts import write_charts

COMPLETION = (
    Column("col.level", width=10),
    Column("col.period", width=24),
    Column("col.target", "money", 16),
    Column("col.original_target", "money", 16),
    Column("col.actual", "money", 16),
    Column("col.attainment", "share"),
    Column("col.expected", "share"),
    Column("col.expected_amount", "money", 16),
    Column("col.pace", "ratio"),
    Column("col.projected", "money", 16),
    Column("col.miss", "share"),
    Column("col.gap", "money", 16),
    Column("col.needed", "money", 16),
)
FUNNEL = (
    Column("col.stage", width=16),
    Column("col.entered", "count"),
    Column("col.advanced", "count"),
    Column("col.lost", "count"),
    Column("col.still_open", "count"),
    Column("col.forward", "share"),
    Column("col.baseline", "share"),
    Column("col.previous", "share"),
    Column("col.exits", "count"),
    Column("col.median_days", "days", 14),
    Column("col.open", "count"),
    Column("col.stalled", "count"),
)
ALERTS = (
    Column("col.level", width=10),
    Column("col.name", width=18),
    Column("alerts.title", width=60),
    Column("col.metric", width=18),
    Column("col.since", "date", 12),
    Column("col.closed_on", "date", 12),
    Column("alerts.amount", "money", 16),
    Column("col.probability", "share"),
    Column("alerts.owner", width=14),
    Column("alerts.action", width=46),
    Column("alerts.response", width=28),
    Column("alerts.drivers", width=46),
    Column("alerts.deals", width=60),
    Column("alerts.accounts", width=60),
    Column("alerts.record", width=46),
    Column("cases.role", width=14),
    Column("cases.id", width=16),
)
CUSTOMERS = (
    Column("col.customer", width=32),
    Column("col.state", width=16),
    Column("col.amount", "money", 16),
    Column("col.last_order", "date"),
    Column("col.gap_days", "count"),
    Column("col.rhythm", "days"),
    Column("col.last_contact", "date"),
    Column("alerts.owner", width=14),
)
ORDERS = (
    Column("col.order", width=18),
    Column("col.customer", width=32),
    Column("col.amount", "money", 16),
    Column("col.promised", "date"),
    Column("col.days_late", "count"),
    Column("alerts.owner", width=14),
)
CHECKS = (
    Column("col.check", width=36),
    Column("col.subject", width=24),
    Column("col.severity", width=10),
    Column("col.failed_rows", "count"),
    Column("col.found", width=60),
)
FEEDS = (
    Column("col.source", width=36),
    Column("col.entity", width=24),
    Column("col.state", width=10),
    Column("col.rows", "count"),
    Column("col.loaded", width=60),
    Column("col.newest", width=16),
    Column("col.rows_previous", "count"),
)


def workbook_bytes(figures: ReportFigures, company: Company, language: str = "") -> bytes:
    """The workbook in a language (the company's); the same figures give the same bytes."""
    book = _Report(figures, company, language or company.language)
    for write in (
        book.summary, book.charts, book.targets, book.teams, book.reps, book.funnel, book.alerts,
        book.customers, book.orders, book.quality,
    ):  # fmt: skip
        write()
    return book.content()


class _Report:
    def __init__(self, figures: ReportFigures, company: Company, language: str) -> None:
        self._figures, self._company = figures, company
        self._language = language
        self._writer = Writer(language, company.currency)
        self._sheets = Sheets(language, company.name, figures.as_of)

    def content(self) -> bytes:
        return self._sheets.content()

    def summary(self) -> None:
        figures, say_here = self._figures, self._sheets.say
        sheet = self._sheets.sheet("summary")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 90)
        rows: list[tuple[str, Cell]] = [
            (say_here("title"), self._company.name),
            (say_here("col.as_of"), figures.as_of),
            (say_here("months.title"), story.headline(figures, self._writer)),
            (say_here("alerts.title"), story.alert_line(figures, self._writer)),
        ]
        if figures.funnel.stages:
            rows.append(
                (say_here("funnel.title"), story.weakest_stage(figures.funnel, self._writer))
            )
        for kind in ("new", "raised", "recovered", "closed"):
            rows.append((say_here(f"changes.{kind}"), len(getattr(figures.alerts, kind))))
        rows += [
            (say_here("customers.title"), len(figures.customers.at_risk)),
            (say_here("orders.title"), len(figures.customers.late_orders)),
            (say_here("currency"), self._company.currency),
        ]
        rows += [(say_here("level.untrusted"), n) for n in story.notices(figures, self._writer)]
        rows += [
            (say_here("define.title") if i == 1 else "", say_here(f"define.{i}"))
            for i in range(1, 8)
        ]
        kinds: dict[type, str] = {dt.date: "date", int: "count"}
        for index, (name, value) in enumerate(rows):
            self._sheets.write(sheet, index, 0, name, "text" if index else "title")
            kind = kinds.get(type(value), "text")
            self._sheets.write(sheet, index, 1, value, kind if index else "title")
        sheet.freeze_panes(1, 0)

    def charts(self) -> None:
        write_charts(self._sheets, self._figures)

    def targets(self) -> None:
        progress = self._figures.progress
        chosen = [
            progress.company[k] for k in ("quarter", "month", "year") if k in progress.company
        ]
        months = [m for m in progress.months if m not in chosen]
        rows = [
            (self._sheets.say(f"kind.{c.period_type}"), *self._completion(c))
            for c in chosen + months
        ]
        self._sheets.table("targets", (Column("col.kind", width=10), *COMPLETION), rows)

    def teams(self) -> None:
        columns = (
            Column("col.kind", width=10),
            Column("col.name", width=18),
            Column("col.team", width=14),
            *COMPLETION,
        )
        rows = [
            (self._sheets.say(f"scopes.{kind}"), c.scope_name, c.team, *self._completion(c))
            for kind in ("region", "team", "product_line")
            for c in self._figures.progress.scopes.get(kind, ())
        ]
        self._sheets.table("teams", columns, rows)

    def reps(self) -> None:
        progress = self._figures.progress
        everyone = [*progress.scopes.get("rep", ()), *progress.without_target]
        columns = (Column("col.name", width=18), Column("col.team", width=18), *COMPLETION)
        rows = [(c.scope_name, c.team, *self._completion(c)) for c in everyone]
        self._sheets.table("reps", columns, rows)

    def funnel(self) -> None:
        rows = [
            (
                s.stage, s.entered, s.advanced, s.lost, s.still_open, s.conversion, s.baseline,
                s.previous, s.sample_size, s.median_days, s.open_count, s.stalled_count,
            )
            for s in self._figures.funnel.stages
        ]  # fmt: skip
        self._sheets.table("funnel", FUNNEL, rows)

    def alerts(self) -> None:
        found = self._figures.alerts
        rows = [
            self._alert(alert)
            for alert in (
                *(alert for case in found.cases for alert in case.alerts),
                *found.ended,
                *found.watched,
            )
        ]
        self._sheets.table("alerts", ALERTS, rows, none="alerts.none")

    def customers(self) -> None:
        rows = [
            (
                a.account_name, story.account_state(a, self._language), a.amount, a.last_order_on,
                a.order_gap_days, a.own_rhythm_days, a.last_contact_on, a.owner,
            )
            for a in self._figures.customers.at_risk
        ]  # fmt: skip
        self._sheets.table("customers", CUSTOMERS, rows)

    def orders(self) -> None:
        rows = [
            (o.order_id, o.account_name, o.amount, o.promised_on, o.days_late, o.owner)
            for o in self._figures.customers.late_orders
        ]
        self._sheets.table("orders", ORDERS, rows)

    def quality(self) -> None:
        trust, language = self._figures.trust, self._language
        checks = [
            (c.name, c.subject, say_or(f"severity.{c.severity}", language, c.severity),
             c.failed_rows, c.sentence(language))
            for c in trust.failed
        ]  # fmt: skip
        feeds = [
            (f.source, say_or(f"entity.{f.entity}", language, f.entity),
             say_or(f"feed.{f.state}", language, f.state), f.rows, f.last_loaded, f.newest_record,
             f.rows_previous)
            for f in trust.feeds
        ]  # fmt: skip
        none = "trust.all_passed" if trust.checks_run else "trust.none"
        sheet = self._sheets.table("quality", CHECKS, checks, none=none)
        first = max(1, len(checks)) + 3
        self._sheets.rows(sheet, first, FEEDS, feeds)
        # The widths of the checks above serve both tables; only the further columns are new.
        for index, column in enumerate(FEEDS[len(CHECKS) :], start=len(CHECKS)):
            sheet.set_column(index, index, column.width)

    def _completion(self, c: Completion) -> tuple[Cell, ...]:
        return (
            story.level_word(c.level, self._language),
            f"{c.period_start.isoformat()} – {c.period_end.isoformat()}",
            c.target, c.original_target, c.actual, c.attainment, c.expected_share, c.expected,
            c.pace, c.projected, c.miss_probability, c.gap, c.needed_per_workday,
        )  # fmt: skip

    def _alert(self, alert: Alert) -> tuple[Cell, ...]:
        language = self._language
        return (
            story.level_word(alert.level, language),
            alert.scope_name,
            alert.message(language),
            story.metric_name(alert.metric, language),
            alert.opened_on,
            alert.closed_on,
            alert.amount,
            alert.probability,
            alert.owner or say("alerts.no_owner", language),
            alert_words.alert_text(alert, language).advice,
            alert_words.response(alert, self._writer),
            alert_words.drivers(alert, self._writer),
            self._sheets.say("semicolon").join(alert_words.deals(alert, self._writer)),
            self._sheets.say("semicolon").join(alert_words.accounts(alert, self._writer)),
            alert.record(language),
            say(f"cases.role.{alert.role}", language) if alert.case_id else None,
            alert.case_id,
        )
