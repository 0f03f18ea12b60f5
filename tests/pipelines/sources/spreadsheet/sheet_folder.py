"""A folder of sheets and the company that reads it, for the tests of the spreadsheet source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import openpyxl
from both_languages import assert_in_both

from pipelines.configuration.company import Company
from pipelines.configuration.sources import Source
from pipelines.configuration.tables import StageRow
from pipelines.settings import Settings
from pipelines.sources.protocol import Batch, Extract, Finding, Previous, Rejection, in_both
from pipelines.sources.spreadsheet.connector import SpreadsheetConnector

NOW = dt.datetime(2026, 10, 30, 12, tzinfo=dt.UTC)


@dataclass
class Run:
    """What one extraction yielded, by kind. Whatever it tells must stand in both languages."""

    batches: list[Batch] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    extracts: list[Extract] = field(default_factory=list)

    @classmethod
    def of(cls, connector: SpreadsheetConnector, previous: Previous | None) -> Run:
        run = cls()
        for item in connector.extract(previous or Previous(), NOW):
            if isinstance(item, Batch):
                run.batches.append(item)
            elif isinstance(item, Rejection):
                en, zh = in_both(item.reason, item.reason_zh)
                assert_in_both(en, zh)
                run.rejections.append(replace(item, reason=en, reason_zh=zh))
            else:
                en, zh = in_both(item.message, item.message_zh)
                assert_in_both(en, zh)
                run.extracts.append(replace(item, message=en, message_zh=zh))
        return run

    def rows(self, entity: str) -> list[dict[str, Any]]:
        return [row for b in self.batches if b.entity == entity for row in b.table.to_pylist()]

    def extract(self, entity: str, file: str | None = None) -> Extract:
        found = [e for e in self.extracts if e.entity == entity and file in (None, e.file)]
        assert len(found) == 1, self.extracts
        return found[0]

    def after(self, previous: Previous | None = None) -> Previous:
        known: Mapping = previous.extracts if previous else {}
        return Previous({**known, **{(e.entity, e.file): e for e in self.extracts}})


@dataclass
class Sheets:
    """A folder, and the company that reads it."""

    folder: Path
    language: str = "zh"

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    def workbook(self, name: str, build: Callable[[Any], None], title: str = "Sheet1") -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = title
        build(sheet)
        path = self.folder / name
        book.save(path)
        return path

    def settings(
        self, *files: Mapping[str, Any], options: Mapping[str, Any] | None = None, **company: Any
    ) -> Settings:
        source = Source(
            name="sheets",
            system="spreadsheet",
            folder=self.folder.name,
            files=list(files),
            options={"settle_seconds": 0, **(options or {})},
        )
        return Settings(
            config_dir=self.folder.parent,
            data_dir=self.folder.parent / "data",
            company=Company(name="Acme", **company),
            sources=(source,),
            stages=(),
            exchange_rates=(),
            people=(),
            calendar_days=(),
        )

    def connector(
        self, *files: Mapping[str, Any], options: Mapping[str, Any] | None = None, **company: Any
    ) -> SpreadsheetConnector:
        settings = self.settings(*files, options=options, **company)
        return SpreadsheetConnector(settings.sources[0], settings)

    def run(
        self,
        *files: Mapping[str, Any],
        previous: Previous | None = None,
        options: Mapping[str, Any] | None = None,
        **company: Any,
    ) -> Run:
        return Run.of(self.connector(*files, options=options, **company), previous)

    def check(
        self, *files: Mapping[str, Any], stages: tuple[StageRow, ...] = (), **company: Any
    ) -> list[Finding]:
        settings = replace(self.settings(*files, **company), stages=stages)
        return SpreadsheetConnector(settings.sources[0], settings).check()
