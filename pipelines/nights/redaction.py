"""Secrets stay out of logs, whoever writes them: every log record of the process is gone through.

Add here: another kind of value that must not be logged. Keep out: sentences for people, which never
hold a secret to begin with (`failures.py`, `notifying/secrets.py`).

A library may log an address it calls, or an exception may quote one. So the values of variables
that the configuration names as `${NAME}`, and of our own that hold addresses or keys, are blanked
in messages and tracebacks, wherever the record goes.
"""

from __future__ import annotations

import logging
import os
import re
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipelines.store.address import STORE

_OWN = ("FOREWARN_LEDGER_URL", "FOREWARN_PUBLISH_URL", "FOREWARN_HEARTBEAT_URL", "FOREWARN_LINK_KEY",
        "DAGSTER_PG_URL", STORE, "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "FSSPEC_S3_SECRET")  # fmt: skip
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SHORTEST = 6  # shorter values (a port, a name) would blank half of every text
_BLANK = "***"


def secret_names(config_dir: Path) -> set[str]:
    """Variables that hold secrets: those the configuration names, and our own."""
    found = set(_OWN)
    for path in config_dir.glob("*.yml"):
        found |= set(_REFERENCE.findall(path.read_text(encoding="utf-8-sig", errors="replace")))
    return found


def secret_values(names: Iterable[str]) -> list[str]:
    """The values to blank, longest first: of an address its password, path and query, not its host."""
    found: set[str] = set()
    for name in names:
        value = os.environ.get(name) or ""
        if "://" not in value:
            found.add(value)
            continue
        parts = urlsplit(value)
        pieces = {parts.password or "", parts.query}
        if name != STORE:  # which bucket and prefix cannot be reached is told on purpose
            pieces |= {*parts.path.split("/")}
        # The name of a database is told on purpose: it says which one cannot be reached.
        pieces -= (
            {parts.path.strip("/")} if parts.scheme.startswith(("postgres", "sqlite")) else set()
        )
        found |= pieces | {unquote(piece) for piece in pieces}
    return sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True)


def redact_logs(config_dir: Path) -> None:
    """From now on every log record of this process is without the secrets of an installation."""
    secrets = secret_values(secret_names(config_dir))

    def blanked(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, _BLANK)
        return text

    class Redacted(logging.LogRecord):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            if self.exc_info and isinstance(self.exc_info, tuple) and self.exc_info[0]:
                # A formatter takes the text that is there and makes none of its own.
                self.exc_text = blanked(
                    "".join(traceback.format_exception(*self.exc_info)).rstrip()
                )

        def getMessage(self) -> str:  # noqa: N802 - its name in the standard library
            return blanked(super().getMessage())

    if secrets:
        logging.setLogRecordFactory(Redacted)
