"""The folder and the mailbox of sheets that every test of the spreadsheet source starts with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from mail_account import CREDENTIALS, Account
from sheet_folder import Sheets
from simulators.imap import ImapServer

_BOXES = count(1)


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    folder = tmp_path / "sheets"
    folder.mkdir()
    return Sheets(folder)


@pytest.fixture(scope="module")
def imap() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


@pytest.fixture
def account(imap: ImapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """A mailbox folder of its own on the server that the tests of a module share."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    box = f"Box{next(_BOXES)}"
    imap.make(box)
    return Account(imap, tmp_path, box)
