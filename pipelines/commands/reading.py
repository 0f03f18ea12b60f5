"""`forewarn alerts list`, `show` and `forewarn rules list`: reading warnings in the shell.

Add here: something that the shell shows of warnings. Keep out: answers (`answering.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pipelines.assets.hierarchy import published_hierarchy
from pipelines.assets.kept_ledger import open_kept
from pipelines.commands.terminal import coloured, say, say_json
from pipelines.failures import PermanentFailure
from pipelines.language import has, spoken, stored
from pipelines.language import text as words
from pipelines.language.alert_parts import without_level
from pipelines.ledger.lookup import Alert, History, list_alerts, show_alert
from pipelines.ledger.refusals import Refused
from pipelines.ledger.store import Ledger
from pipelines.notifying.describing import in_language, reasons, sentence
from pipelines.notifying.messages import Items
from pipelines.notifying.wording import word
from pipelines.publishing.versions import read_manifest
from pipelines.reporting.records import level_rank
from pipelines.settings import Settings, load_settings
from pipelines.warehouse.binding import connect
from pipelines.warehouse.told_tables import unready_rules


@contextmanager
def opened_ledger() -> Iterator[tuple[Settings, Ledger]]:
    """The settings and the ledger, closed at the end."""
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    ledger = open_kept(settings)
    try:
        yield settings, ledger
    finally:
        ledger.close()


def print_list(*, everything: bool, as_json: bool = False) -> int:
    """One line per case, the most at risk first, and the other alerts of the case below it."""
    with opened_ledger() as (settings, ledger):
        alerts = list_alerts(ledger, open_only=not everything)
        if as_json:
            say_json([_record(alert) for alert in alerts])
            return 0
        for case in _cases(alerts):
            standing = [alert for alert in case if alert.state == "open"] or case
            say(_line(case[0], min(standing, key=lambda alert: level_rank(alert.level)).level))
            for symptom in case[1:]:
                say(f"    · {_line(symptom)}")
        if not alerts:
            say(words("command.alerts.none"))
        sure = [c[0].probability for c in _cases(alerts) if c[0].state == "open"]
        known = [p for p in sure if p is not None]
        if known:
            # The budget of a night: what stands is expected to hold so many false discoveries.
            wrong = sum(1 - p for p in known)
            say(words("command.alerts.doubt", count=len(known), doubtful=f"{wrong:.1f}"))
    _say_what_is_not_judged(settings)
    return 0


def _say_what_is_not_judged(settings: Settings) -> None:
    """Below the list: which rules could not speak on the published day, and from when on they can."""
    if read_manifest(settings.current) is None:
        return
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        judged, lines = unready_rules(connection, spoken())
    if lines:
        say("")
        say(words("command.alerts.readiness", judged=judged, total=judged + len(lines)))
        for line in lines:
            say(f"  {line}")


def _cases(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """The alerts by case in the order of the first of each; in a case the root stands first."""
    cases: dict[str, list[Alert]] = {}
    for alert in alerts:
        cases.setdefault(str(alert.details.get("case_id") or alert.alert_id), []).append(alert)
    return [
        sorted(found, key=lambda a: a.details.get("role") == "symptom") for found in cases.values()
    ]


def _record(alert: Alert) -> dict[str, object]:
    """The alert as `--json` gives it: its columns, and the sentence in the language spoken."""
    kept = ("alert_id", "rule", "metric", "scope_type", "scope_id", "scope_name", "level", "state",
            "opened_on", "value", "expected", "amount_at_risk", "probability", "responsible",
            "acknowledged_at", "snoozed_until", "outcome")  # fmt: skip
    return {
        **{name: getattr(alert, name) for name in kept},
        "case_id": alert.details.get("case_id"),
        "role": alert.details.get("role"),
        "message": sentence(alert, spoken()),
    }


def _level(level: str) -> str:
    style = {"danger": "bad", "warning": "remark"}.get(level, "dim")
    return coloured(str(words(f"command.level.{level}")), style)


def _line(alert: Alert, level: str | None = None) -> str:
    """One alert; `level` of the case that it stands for, where that is graver."""
    marks = [] if alert.state == "open" else [word(alert.state, spoken())]
    if alert.acknowledged_at:
        marks.append(str(words("command.alerts.seen")))
    mark = f" [{' · '.join(marks)}]" if marks else ""
    return f"{alert.alert_id[:10]}  {_level(level or alert.level)}{mark}  {_plain(alert)}"


def _plain(alert: Alert) -> str:
    """The sentence without the level that stands before it on the same line."""
    return without_level(sentence(alert, spoken()))


def print_one(alert_id: str) -> int:
    """One alert with everything that happened to it."""
    with opened_ledger() as (settings, ledger):
        try:
            history = show_alert(ledger, alert_id)
        except Refused as refused:
            return refused_with(refused, settings)
        sys.stdout.write("\n".join(_story(history, settings)) + "\n")
    return 0


def _story(history: History, settings: Settings) -> list[str]:
    alert, zone, language = history.alert, settings.timezone, spoken()
    lines = [
        f"{alert.alert_id}  {_level(alert.level)}  {word(alert.state, language)}",
        f"  {_plain(alert)}",
        str(
            words(
                "command.alerts.rule",
                rule=alert.rule,
                scope=f"{alert.scope_type}:{alert.scope_id}",
                day=alert.opened_on,
            )
        ),
        str(words("command.alerts.responsible", person=alert.responsible or "—")),
    ]
    record = in_language(alert, "record", language)
    if record:
        lines.append(
            str(words("command.alerts.labelled", label=word("record", language), value=record))
        )
    for block in reasons(alert, language, settings.company.currency, published_hierarchy(settings)):
        if isinstance(block, Items):
            lines.append(
                str(words("command.alerts.labelled", label=block.label, value="")).rstrip()
            )
            lines += [f"    - {item}" for item in block.items]
    lines += [
        f"  {change.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}  {_change(change.change)}"
        for change in history.changes
    ]
    for response in history.responses:
        done = word(
            f"act_{response.action}",
            language,
            person=response.assigned_to or "",
            day=response.until or "",
        )
        by = words("command.alerts.done_by", done=done, person=response.person_id)
        at = f"{response.acted_at.astimezone(zone):%Y-%m-%d %H:%M}"
        lines.append(f"  {at}  {by}" + (f" · {response.text}" if response.text else ""))
    return lines


def _change(change: str) -> str:
    return word(change, spoken()) if has(f"notice.{change}") else change


def print_rules(*, as_json: bool = False) -> int:
    """One line per rule that runs, and its record of the published day below it."""
    settings = load_settings()
    if read_manifest(settings.current) is None:
        raise PermanentFailure(
            words("command.rules.unlisted"),
            cause=words("command.nothing_published"),
            next_step="forewarn run",
        )
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        rows = connection.execute(
            # A version published before an upgrade lacks the columns that came with it.
            "select * from marts.rpt_rule_records where level = 'warning' order by mode, rule"
        ).df()
    told = [
        (
            str(row["rule"]),
            str(row["mode"]),
            stored.found(row, "title", spoken()),
            stored.found(row, "sentence", spoken()),
        )
        for row in rows.to_dict("records")
    ]
    if as_json:
        names = ("rule", "mode", "title", "record")
        say_json([dict(zip(names, row, strict=True)) for row in told])
        return 0
    for name, mode, title, said in told:
        say(f"{name:36} {words(f'command.rules.mode.{mode}')}  {title}")
        if said:
            say(f"    {said}")
    return 0


def refused_with(refused: Refused, settings: Settings) -> int:
    """Say why it was refused; the exit code."""
    sys.stderr.write(f"{refused}\n")
    return 2
