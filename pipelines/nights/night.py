"""One night: its day, what was known, its working folder, and whether anything has changed.

Add here: what every step of a run must agree on. Keep out: the steps themselves.

Each night works in a folder of its own, `versions/.building-<run id>`, so a night that fails or is
killed leaves nothing that a reader or a later night would see.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from pipelines.failures import PermanentFailure
from pipelines.language.text import InEach, Said, Text, kept, text
from pipelines.raw_zone.rows import KnownExtract
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import DBT_PROJECT, PROJECT, Settings

BUILDING = ".building-"
_STATE = "night.json"
_FAILED_SOURCES = "failed_sources.json"
# Packages whose release can change a figure without a change of ours.
_ENGINES = ("dbt-core", "dbt-duckdb", "duckdb", "pandas", "numpy", "great-expectations")


@dataclass(frozen=True)
class Night:
    """What the steps of one run share; written to its folder so that any process can pick it up.

    `known_at` is the moment up to which loads count (None: all). `unchanged` says that the
    published version was built from the very same inputs, so there is nothing to build. `full`: somebody
    asked for everything to be made anew, whatever stands.
    """

    run_id: str
    as_of: dt.date
    known_at: dt.datetime | None
    folder: Path
    fingerprint: str = ""
    unchanged: bool = False
    full: bool = False

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def failed_sources(self) -> dict[str, Text]:
        """Source -> why it could not be read tonight; its last load stands."""
        path = self.folder / _FAILED_SOURCES
        found = json.loads(path.read_text()) if path.exists() else {}
        return {source: InEach(why) for source, why in found.items()}

    def note_failed(self, failed: Mapping[str, Said]) -> None:
        """Add sources that could not be read tonight."""
        path = self.folder / _FAILED_SOURCES
        known = {**self.failed_sources, **failed}
        path.write_text(json.dumps({source: kept(why) for source, why in known.items()}))

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {
            name: None if value is None else str(value) for name, value in asdict(self).items()
        }
        content |= {"unchanged": json.dumps(self.unchanged), "full": json.dumps(self.full)}
        (self.folder / _STATE).write_text(json.dumps(content))


def folder_of(settings: Settings, run_id: str) -> Path:
    """The working folder of a run."""
    return settings.versions_dir / f"{BUILDING}{run_id}"


def load_night(settings: Settings, run_id: str) -> Night:
    """The night of a run, as its first steps left it."""
    content = json.loads((folder_of(settings, run_id) / _STATE).read_text())
    return Night(
        run_id=content["run_id"],
        as_of=dt.date.fromisoformat(content["as_of"]),
        known_at=dt.datetime.fromisoformat(content["known_at"]) if content["known_at"] else None,
        folder=Path(content["folder"]),
        fingerprint=content["fingerprint"],
        unchanged=json.loads(content["unchanged"]),
        full=json.loads(content["full"]),
    )


def begin_night(
    settings: Settings, run_id: str, as_of: dt.date | None, *, full: bool = False
) -> Night:
    """Clear what dead nights left and open this one's folder. Call under the writer lock.

    Without `as_of` the night is the company's today and knows everything that was ever loaded; with
    it, only what had been loaded by the end of that day in the company's time zone. Raises
    PermanentFailure where `current` is no link, which no night could swap.
    """
    if settings.current.is_dir() and not settings.current.is_symlink():
        raise PermanentFailure(
            text("night.current_is_folder"),
            where=str(settings.current),
            cause=text("night.current_is_folder.cause"),
            next_step=text("night.current_is_folder.next", folder=settings.current),
        )
    for leftover in settings.versions_dir.glob(f"{BUILDING}*"):
        if leftover != folder_of(settings, run_id):
            shutil.rmtree(leftover, ignore_errors=True)
    known_at = None
    if as_of is not None and as_of != settings.today():
        end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), settings.timezone)
        known_at = end.astimezone(dt.UTC)
    folder = folder_of(settings, run_id)
    night = Night(run_id, as_of or settings.today(), known_at, folder, full=full)
    night.save()
    return night


def fingerprint(
    settings: Settings, raw_zone: RawZone, night: Night, *, ledger_revision: str
) -> str:
    """A hash over everything a night's tables depend on: loads, configuration, code, day, answers."""
    digest = hashlib.sha256()

    def add(*parts: object) -> None:
        digest.update("\x1f".join(map(str, parts)).encode() + b"\x1e")

    add("as_of", night.as_of, "known_at", night.known_at, "ledger", ledger_revision)
    for source in settings.sources:
        for item in raw_zone.known_extracts(source.name, night.known_at):
            add("load", source.name, *_identity(item))
    # A source that failed tonight makes figures untrusted, though no load is new.
    add("failed", *sorted(night.failed_sources))
    spark = ("pyspark", "dbt-spark") if settings.engine.engine == "spark" else ()
    for package in (*_ENGINES, *(name for name in spark if _is_installed(name))):
        add(package, metadata.version(package))
    for path in _inputs(settings):
        add(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    return digest.hexdigest()


def _is_installed(package: str) -> bool:
    # Where it is not, the build itself says so and what to do.
    return any(metadata.distributions(name=package))


def _identity(item: KnownExtract) -> tuple[object, ...]:
    return (item.load_id, item.extract.entity, item.extract.file, item.extract.state)


def _inputs(settings: Settings) -> list[Path]:
    config = [path for path in settings.config_dir.iterdir() if path.is_file()]
    code = [
        path
        for folder, patterns in (
            (DBT_PROJECT, ("*.sql", "*.yml", "*.csv")),
            (PROJECT / "pipelines", ("*.py", "*.j2", "*.css", "*.yml", "*.po")),
            (PROJECT / "quality", ("*.py", "*.yml")),
        )
        for pattern in patterns
        for path in folder.rglob(pattern)
        if not {"target", "dbt_packages", "logs"} & set(path.relative_to(folder).parts)
    ]
    return sorted(config) + sorted(code)
