"""No secret of an installation gets into a log, whoever logs it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.nights.redaction import redact_logs


@pytest.fixture(autouse=True)
def _factory() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(before)


def test_messages_arguments_and_tracebacks_are_without_secrets(
    company_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (company_folder / "recipients.yml").write_text(
        "channels: ['mailtos://x:${MAIL_PASSWORD}@host']"
    )
    monkeypatch.setenv("MAIL_PASSWORD", "corre-ct-horse")
    monkeypatch.setenv("FOREWARN_PUBLISH_URL", "postgresql://app:p%40ssw0rd@db.local/sales")
    monkeypatch.setenv("FOREWARN_HEARTBEAT_URL", "https://monitor.local/ping/0f3c9a")
    monkeypatch.setenv("HOME_TOWN", "Springfield")
    redact_logs(company_folder)
    stream = io.StringIO()
    logger = logging.getLogger("a.library")
    logger.handlers, logger.propagate = [logging.StreamHandler(stream)], False
    logger.warning("calling %s", "https://monitor.local/ping/0f3c9a")
    try:
        raise ValueError("login app p@ssw0rd refused, corre-ct-horse too, p%40ssw0rd")
    except ValueError:
        logger.exception("in Springfield, database sales at db.local")
    said = stream.getvalue()
    for secret in ("corre-ct-horse", "p@ssw0rd", "p%40ssw0rd", "0f3c9a"):
        assert secret not in said
    # What helps to find the fault stays.
    for word in ("monitor.local", "db.local", "sales", "Springfield", "ValueError", "refused"):
        assert word in said
