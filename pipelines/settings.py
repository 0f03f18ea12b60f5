"""The company's configuration and the folders of one installation, read and validated once.

Add here: how a configuration file is found, and the `Settings` object everything else takes.
Keep out: the shape of a file (`pipelines/configuration/`), and rules of alerts and recipients,
which their own modules validate with the same `Problem` records.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.configuration.company import Company, read_company
from pipelines.configuration.data_tables import (
    AccountAlias,
    read_account_aliases,
    read_order_statuses,
)
from pipelines.configuration.engine_file import EngineFile, read_engine
from pipelines.configuration.order_statuses import OrderStatus
from pipelines.configuration.problems import ConfigurationError, Problem
from pipelines.configuration.sources import Source, read_sources
from pipelines.configuration.tables import (
    Absence,
    CalendarDay,
    ExchangeRate,
    PersonAccount,
    StageRow,
    read_absences,
    read_calendar,
    read_exchange_rates,
    read_people,
    read_product_lines,
    read_stages,
)
from pipelines.language import text
from pipelines.language.speaking import speak_as

# s3://bucket/raw, also after a Path has taken one of the slashes away.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
PROJECT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT / "dbt_project"


@dataclass(frozen=True)
class Settings:
    """Everything that a company decides, and where its data lies.

    Files are read once, by `load_settings`. Secrets stay unresolved references until used.
    """

    config_dir: Path
    data_dir: Path
    company: Company
    sources: tuple[Source, ...]
    stages: tuple[StageRow, ...]
    exchange_rates: tuple[ExchangeRate, ...]
    people: tuple[PersonAccount, ...]
    calendar_days: tuple[CalendarDay, ...]
    product_lines: tuple[str, ...] = ()
    order_statuses: tuple[OrderStatus, ...] = ()
    account_aliases: tuple[AccountAlias, ...] = ()
    absences: tuple[Absence, ...] = ()
    engine: EngineFile = EngineFile()

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.company.timezone)

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems that at least one source uses, in alphabetical order."""
        return tuple(sorted({source.system for source in self.sources}))

    @property
    def raw_dir(self) -> Path:
        return self.data_dir / "raw"

    @property
    def quarantine_dir(self) -> Path:
        return self.data_dir / "quarantine"

    @property
    def versions_dir(self) -> Path:
        return self.data_dir / "versions"

    @property
    def current(self) -> Path:
        """The symlink that readers open; it points to the last published version."""
        return self.data_dir / "current"

    @property
    def reports_dir(self) -> Path:
        return self.data_dir / "reports"

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger: FOREWARN_LEDGER_URL, else SQLite in the data folder."""
        return os.environ.get("FOREWARN_LEDGER_URL") or f"sqlite:///{self.data_dir / 'ledger.db'}"

    def now(self) -> dt.datetime:
        """The company's now, with its time zone; at a fixed `clock`, nine in the morning of it."""
        if self.company.clock:
            return dt.datetime.combine(self.company.clock, dt.time(9), self.timezone)
        return dt.datetime.now(self.timezone)

    def today(self) -> dt.date:
        """The company's today: its fixed `clock` if it has one, else the date in its time zone."""
        return self.now().date()


def config_dir_of(path: Path | str | None = None) -> Path:
    """The configuration folder: the argument, else FOREWARN_CONFIG, else `config/`."""
    return _folder(path, "FOREWARN_CONFIG", "config")


def data_dir_of(path: Path | str | None = None) -> Path:
    """The data folder: the argument, else FOREWARN_DATA, else `data/`."""
    return _folder(path, "FOREWARN_DATA", "data")


def _folder(path: Path | str | None, variable: str, default: str) -> Path:
    chosen = path or os.environ.get(variable)
    if chosen and _ADDRESS.match(str(chosen)):
        # Taken for a path, it would quietly make a folder called `s3:`.
        told = text("settings.no_address", place=str(chosen))
        raise ConfigurationError([Problem(variable, "", told, text("settings.a_folder"))])
    # The default lies beside the project, so that a command works from any folder.
    return Path(chosen).expanduser().resolve() if chosen else PROJECT / default


def load_settings(
    config_dir: Path | str | None = None, data_dir: Path | str | None = None
) -> Settings:
    """Read and validate the configuration folder; no secret needs to be set.

    From here on this process speaks the company's language (FOREWARN_LANG has precedence).
    Raises `ConfigurationError` with every problem found in every file, never only the first.
    """
    config, data = config_dir_of(config_dir), data_dir_of(data_dir)
    if not config.is_dir():
        raise ConfigurationError(
            [
                Problem(
                    str(config),
                    "",
                    text("config.no_such_folder"),
                    text("config.folder_with"),
                )
            ]
        )
    problems: list[Problem] = []
    company = read_company(config / "company.yml", problems)
    speak_as(company.language if company else None)
    sources = read_sources(config / "sources.yml", problems)
    stages = read_stages(config / "stages.csv", problems)
    rates = read_exchange_rates(config / "exchange_rates.csv", problems)
    people = read_people(config / "people.csv", problems)
    days = read_calendar(config / "calendar.csv", problems)
    absences = read_absences(config / "absences.csv", problems)
    product_lines = read_product_lines(config / "product_lines.csv", problems)
    order_statuses = read_order_statuses(config / "order_statuses.csv", problems)
    account_aliases = read_account_aliases(config / "account_aliases.csv", problems)
    engine = read_engine(config / "engine.yml", problems)
    if problems or company is None:
        raise ConfigurationError(problems)
    return Settings(
        config_dir=config,
        data_dir=data,
        company=company,
        sources=tuple(sources),
        stages=tuple(stages),
        exchange_rates=tuple(rates),
        people=tuple(people),
        calendar_days=tuple(days),
        product_lines=tuple(product_lines),
        order_statuses=tuple(order_statuses),
        account_aliases=tuple(account_aliases),
        absences=tuple(absences),
        engine=engine,
    )
