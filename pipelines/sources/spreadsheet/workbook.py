"""From bytes to grids: what kind of file it is (by its bytes, never its name), and its sheets.

Add here: a kind of file, and the message for a kind that cannot be read.
Keep out: text files (`csv_text.py`), which cell is what, and passwords' origin.
"""

from __future__ import annotations

import fnmatch
import io
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msoffcrypto
import olefile
from msoffcrypto.exceptions import DecryptionError, InvalidKeyError
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipelines.sources.spreadsheet import biff
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.grid import Grid, SheetFacts
from pipelines.sources.spreadsheet.ooxml import Package

Kind = Literal["xlsx", "xls", "encrypted", "text"]
_LONGEST_READ = 120  # seconds
_SAVE_AS = "open it in Excel or WPS and save it as .xlsx"


def sniff(data: bytes) -> Kind:
    """The kind of file. Raises `FileRejected` for kinds that are not sheets Forewarn can read."""
    if not data:
        raise FileRejected("the file is empty (0 bytes)", next_step="save it again")
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _ole_kind(data)
    if data.startswith(b"%PDF"):
        raise FileRejected("the file is a PDF, not a sheet", next_step="ask for the sheet itself")
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<head", b"<style", b"<div")):
        raise FileRejected(
            "the file is a web page (HTML) that only carries the name of an Excel file; "
            "web systems export such files",
            next_step=_SAVE_AS,
        )
    if head.startswith(b"<?xml") or b"<workbook" in head:
        raise FileRejected(
            "the file is an XML document (perhaps an Excel 2003 XML sheet), not a workbook",
            next_step=_SAVE_AS,
        )
    return "text"


def _zip_kind(data: bytes) -> Kind:
    names = Package(data).names
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        cause = "the file is an Excel binary workbook (.xlsb), whose error cells look empty"
    elif "mimetype" in names:
        cause = "the file is an OpenDocument sheet (.ods), whose error cells look empty"
    elif "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise FileRejected(
            "the file is a text document or presentation, not a workbook",
            next_step="copy the table into a sheet and save that as .xlsx",
        )
    else:
        raise FileRejected(
            "the file is a zip archive, not a workbook",
            next_step="unpack it and put the sheet itself into the folder",
        )
    raise FileRejected(cause, next_step=_SAVE_AS)


def _ole_kind(data: bytes) -> Kind:
    try:
        if msoffcrypto.OfficeFile(io.BytesIO(data)).is_encrypted():
            return "encrypted"
    except Exception as error:  # its parsers raise whatever a damaged structure leads to
        raise FileRejected(
            "the file is an old Office file without a readable workbook, or was cut off",
            next_step=_SAVE_AS,
        ) from error
    return "xls"


def decrypt(data: bytes, password: str | None) -> bytes:
    """The plain workbook. Raises `FileRejected` without a password or with a wrong one."""
    if password is None:
        raise FileRejected(
            "the file has an open password",
            next_step="save it without a password, or give `password: ${NAME}` in its mapping in "
            "sources.yml and set NAME in the environment",
        )
    plain = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        if isinstance(office, msoffcrypto.format.ooxml.OOXMLFile):
            office.load_key(password=password, verify_password=True)
        else:
            office.load_key(password=password)
        office.decrypt(plain)
    except (InvalidKeyError, DecryptionError) as error:
        raise FileRejected(
            "the configured password does not open the file",
            next_step="correct the environment variable that its mapping's `password` names",
        ) from error
    except Exception as error:  # its parsers raise whatever a damaged structure leads to
        raise _damaged("it cannot be decrypted") from error
    return plain.getvalue()


@dataclass
class Book:
    """An open workbook: its visible worksheets in order, its hidden ones, how to read one."""

    visible: list[str]
    hidden: list[str]
    grid: Callable[[str], Grid]  # raises `FileRejected`

    def chosen(self, pattern: str | None, several: bool = False) -> list[Grid]:
        """The visible sheets that a mapping means: exactly one, or at least one if `several`.

        Without a pattern empty sheets do not count. Raises `FileRejected` naming the sheets.
        """
        if pattern is None:
            grids = [grid for grid in map(self.grid, self.visible) if not grid.is_empty]
            wanted = "one sheet with content"
        else:
            names = [name for name in self.visible if _matches(name, pattern)]
            grids = [self.grid(name) for name in names]
            wanted = f"a visible sheet {pattern!r}"
        if len(grids) == 1 or (several and grids):
            return grids
        hidden = [n for n in self.hidden if pattern is None or _matches(n, pattern)]
        if not grids:
            cause = f"the workbook has no {wanted.removeprefix('a ')}"
            if hidden:
                cause += f" ({', '.join(hidden)} is hidden, and hidden sheets are not read)"
        else:
            found = ", ".join(grid.name for grid in grids)
            cause = f"{len(grids)} sheets fit where one is wanted: {found}"
        raise FileRejected(
            f"{cause}; visible sheets: {', '.join(self.visible) or 'none'}",
            next_step="name the sheet with `sheet:` in the mapping in sources.yml, "
            "or rename the sheet",
        )


def _matches(name: str, pattern: str) -> bool:
    def plain(text: str) -> str:
        return text.strip().casefold()

    return plain(name) == plain(pattern) or fnmatch.fnmatchcase(plain(name), plain(pattern))


def open_book(data: bytes, kind: Kind, password: str | None = None) -> Book:
    """Open a workbook of a sniffed kind. Raises `FileRejected` if it is damaged or locked."""
    if kind == "encrypted":
        data = decrypt(data, password)
        kind = sniff(data)
    return _open_xlsx(data) if kind == "xlsx" else _open_xls(data)


def _open_xlsx(data: bytes) -> Book:
    package = Package(data)
    calamine: CalamineWorkbook = _native(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)))

    def grid(name: str) -> Grid:
        facts = package.facts(name)  # first: it refuses what would exhaust the memory
        rows = _native(
            lambda: calamine.get_sheet_by_name(name).to_python(skip_empty_area=False), name
        )
        return Grid(name, rows, facts, package.date1904)

    described = calamine.sheets_metadata
    visible = [
        sheet.name
        for sheet in described
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    hidden = [sheet.name for sheet in described if sheet.visible != SheetVisibleEnum.Visible]
    return Book(visible, hidden, grid)


def _native(read: Callable[[], Any], where: str = "") -> Any:
    """Run the native reader; its errors and panics become a rejection of the file."""
    try:
        return read()
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _damaged(str(error), where) from error
        raise


def _damaged(detail: str, where: str = "") -> FileRejected:
    return FileRejected(
        f"the workbook is damaged or was cut off ({detail})",
        where=where,
        next_step="wait until a copy has ended, then " + _SAVE_AS,
    )


def _open_xls(data: bytes) -> Book:
    """An .xls is read in a child process: see `xls_child.py` for why."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            date1904, facts = biff.read_facts(container.openstream("Workbook").read())
    except Exception as error:  # olefile raises whatever a damaged structure leads to
        raise FileRejected(
            "the file has no Excel 97–2003 workbook in it, or was cut off", next_step=_SAVE_AS
        ) from error
    command = [sys.executable, str(Path(__file__).with_name("xls_child.py"))]
    try:
        child = subprocess.run(
            command, input=data, capture_output=True, timeout=_LONGEST_READ, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _damaged(f"reading it took longer than {_LONGEST_READ} s") from error
    if child.returncode != 0:
        lines = child.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise _damaged(next((line for line in lines if "Error" in line), lines[0])[:200])
    sheets = {
        name: (shown, rows, merges) for name, shown, rows, merges in pickle.loads(child.stdout)
    }

    def grid(name: str) -> Grid:
        _, rows, merges = sheets[name]
        known = facts.get(name, SheetFacts())
        known.merges = merges
        return Grid(name, rows, known, date1904)

    visible = [name for name, (shown, _, _) in sheets.items() if shown]
    return Book(visible, [name for name in sheets if name not in visible], grid)
