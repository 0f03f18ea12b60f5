"""A mailbox on a real server and the company that reads it, for the tests of mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheet_folder import Run
from simulators.imap import PASSWORD, USER, ImapServer
from simulators.imap_mail import mail

from pipelines.configuration.company import Company
from pipelines.configuration.sources import Source
from pipelines.settings import Settings
from pipelines.sources.protocol import Finding, Previous
from pipelines.sources.spreadsheet.connector import SpreadsheetConnector

NIGHT = dt.datetime(2026, 10, 30, 8, tzinfo=dt.UTC)


@dataclass
class Account:
    """One folder of the server, and a company whose data lies in `root`."""

    server: ImapServer
    root: Path
    box: str

    def put(self, files: Mapping[str, bytes | str], minutes: int = 0, **facts: Any) -> None:
        self.deliver(mail(files, **facts), minutes)

    def deliver(self, message: bytes, minutes: int = 0) -> None:
        """A message, received so many minutes after the start of the night."""
        self.server.put(message, NIGHT + dt.timedelta(minutes=minutes), self.box)

    def connector(
        self,
        *files: Mapping[str, Any],
        mailbox: Mapping[str, Any] | None = None,
        folder: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> SpreadsheetConnector:
        rules: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "encryption": "none",
            "folder": self.box,
            "senders": ["*@acme.cn"],
            "timeout_seconds": 60,  # a busy machine may leave the server's thread waiting
            **(mailbox or {}),
        }
        source = Source(
            name="sheets",
            system="spreadsheet",
            folder=folder,
            mailbox=rules,
            auth={"user": "${MAIL_USER}", "password": "${MAIL_PASSWORD}"},
            files=list(files),
            options={"settle_seconds": 0, **(options or {})},
        )
        settings = Settings(
            config_dir=self.root,
            data_dir=self.root / "data",
            company=Company(name="Acme", clock=NIGHT.date()),
            sources=(source,),
            stages=(),
            exchange_rates=(),
            people=(),
            calendar_days=(),
        )
        return SpreadsheetConnector(source, settings)

    def run(self, *files: Mapping[str, Any], previous: Previous | None = None, **given: Any) -> Run:
        return Run.of(self.connector(*files, **given), previous)

    def check(self, *files: Mapping[str, Any], **given: Any) -> list[Finding]:
        return self.connector(*files, **given).check()

    def fetched(self) -> list[str]:
        """The commands so far that asked for whole messages."""
        return [command for command in self.server.commands if "BODY.PEEK[]" in command]


CREDENTIALS = {"MAIL_USER": USER, "MAIL_PASSWORD": PASSWORD}
