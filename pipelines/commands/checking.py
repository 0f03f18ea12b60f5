"""`forewarn check`: is the configuration valid, can every source be reached, what would be read.

Add here: something `check` looks at. Keep out: what is valid (each file's own module).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.commands.terminal import coloured, say, say_json
from pipelines.configuration.problems import ConfigurationError, Problem
from pipelines.failures import Failure, PermanentFailure
from pipelines.language import Said, Text, spoken, text
from pipelines.language.text import Clause, in_words
from pipelines.publishing.versions import read_manifest
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings, load_settings
from pipelines.sources.protocol import NOTHING_YET, Finding, Previous
from pipelines.sources.registry import connector_of
from pipelines.store.address import Store, store_address
from pipelines.store.pointer import VERSIONS

_STYLES = {"ok": "good", "remark": "remark", "problem": "bad"}


@dataclass(frozen=True)
class Line:
    """One finding as it is shown; equal ones about several subjects are one line."""

    source: str
    kind: str  # ok, remark or problem
    subjects: tuple[str, ...]
    words: str
    next_step: str = ""


def check_everything(*, as_json: bool = False) -> int:
    """Print one line per finding; 0 if all is well, 2 if configuration is wrong, 1 if a source is."""
    settings = load_settings()
    faults = rule_problems(settings)
    lines = [
        *_nights(settings),
        *_engine(settings),
        *_store(),
        *(_of_problem("", problem) for problem in faults),
    ]
    for source in settings.sources:
        try:
            found = connector_of(source, settings).check(_previous(settings, source.name))
        except ConfigurationError as error:
            faults += error.problems
            lines += [_of_problem(source.name, problem) for problem in error.problems]
            continue
        lines += _merged(source.name, found)
    if as_json:
        say_json([vars(line) for line in lines])
    else:
        _print(settings, lines)
    if faults:
        return 2
    return 1 if any(line.kind == "problem" for line in lines) else 0


def _nights(settings: Settings) -> list[Line]:
    """Runs that died and a night that did not come: told to the data owners, and here."""
    if read_manifest(settings.current) is None:
        return []
    from pipelines.assets.dead_runs import close_dead_runs_if_idle
    from pipelines.assets.missed_nights import tell_of_missed_night
    from pipelines.schedules import NIGHTLY

    close_dead_runs_if_idle(settings, NIGHTLY)
    missed = tell_of_missed_night(settings)
    return [Line("", "remark", (), _worded(missed))] if missed is not None else []


def _engine(settings: Settings) -> list[Line]:
    """Whether the engine of engine.yml is installed here; its cluster is asked by the night alone."""
    if settings.engine.engine == "duckdb":
        return []
    from pipelines.warehouse.spark.session import require_installed

    try:
        require_installed()
    except PermanentFailure as failure:
        step = _worded(failure.next_step) if failure.next_step else ""
        return [Line("", "problem", (), _worded(failure.what), step)]
    said = text("command.check.engine", engine="Spark", master=settings.engine.master)
    return [Line("", "ok", (), _worded(said))]


def _store() -> list[Line]:
    """Whether the store's address, where one is set, can be reached and listed."""
    address = store_address()
    if not address:
        return []
    try:
        store = Store(address)
        store.sizes(VERSIONS)
    except Failure as failure:
        step = _worded(failure.next_step) if failure.next_step else ""
        return [Line("", "problem", (), _worded(failure.what), step)]
    return [Line("", "ok", (), _worded(text("command.check.store", place=store.shown)))]


def _previous(settings: Settings, source: str) -> Previous:
    """What the source's loads left; nothing if they cannot be read, which a night would tell."""
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    with contextlib.suppress(Exception):
        return zone.previous(source)
    return NOTHING_YET


def _of_problem(source: str, problem: Problem) -> Line:
    return Line(source, "problem", (), _worded(problem.told))


def _merged(source: str, findings: Iterable[Finding]) -> list[Line]:
    """Findings that say the same of several subjects as one line, in the order of the first."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings:
        kind = "problem" if not finding.ok else "remark" if finding.remark else "ok"
        key = (kind, _worded(finding.text), _worded(finding.next_step))
        found.setdefault(key, []).append(_worded(finding.subject))
    return [
        Line(source, kind, tuple(dict.fromkeys(subjects)), words, step)
        for (kind, words, step), subjects in found.items()
    ]


def _worded(said: Said) -> str:
    return in_words(Clause(said), spoken()) if said else ""


def _print(settings: Settings, lines: list[Line]) -> None:
    head = text(
        "command.check.head",
        folder=settings.config_dir,
        company=settings.company.name,
        sources=text("command.check.sources", count=len(settings.sources)),
        stages=text("command.check.stages", count=len(settings.stages)),
    )
    say(coloured(str(head), "strong"))
    for line in lines:
        if not line.source:
            _print_line(line)
    for source in settings.sources:
        say(text("command.check.source", source=source.name, system=source.system))
        for line in lines:
            if line.source == source.name:
                _print_line(line)
    steps = list(dict.fromkeys(line.next_step for line in lines if line.next_step))
    if steps:
        say(coloured(str(text("command.next")), "strong"))
        for step in steps:
            say(text("command.check.step", step=step))


def _print_line(line: Line) -> None:
    mark = coloured(str(text(f"command.check.{line.kind}")), _STYLES[line.kind])
    said: Text | str = line.words
    if line.subjects:
        said = text("command.check.about", subjects=list(line.subjects), words=line.words)
    say(f"  {mark}  {said}")


def rule_problems(settings: Settings) -> list[Problem]:
    """Problems of alert_rules.yml and recipients.yml."""
    from pipelines.alerting.rules.rule_file import load_rules
    from pipelines.configuration.board_file import read_board
    from pipelines.notifying.recipients import read_recipients

    _, problems = load_rules(settings.config_dir / "alert_rules.yml")
    read_recipients(settings.config_dir / "recipients.yml", problems)
    read_board(settings.config_dir / "board.yml", problems)
    return problems
