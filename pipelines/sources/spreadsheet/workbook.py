"""From bytes to grids: what kind of file it is (by its bytes, never its name), and its sheets.

Add here: a kind of file, and the message for a kind that cannot be read.
Keep out: text files (`csv_text.py`), which cell is what, and passwords' origin.
"""

from __future__ import annotations

import fnmatch
import io
from dataclasses import dataclass, field
from typing import Literal

import msoffcrypto
import olefile
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from pipelines.sources.spreadsheet import biff
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.grid import Grid, SheetFacts
from pipelines.sources.spreadsheet.ooxml import Package

Kind = Literal["xlsx", "xls", "encrypted", "text"]
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
    except (FileFormatError, OSError, ValueError, IndexError) as error:
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
    except (InvalidKeyError, DecryptionError, FileFormatError, ValueError, OSError) as error:
        raise FileRejected(
            "the configured password does not open the file",
            next_step="correct the environment variable that its mapping's `password` names",
        ) from error
    return plain.getvalue()


@dataclass
class Book:
    """An open workbook. Sheets are read when asked for."""

    _calamine: CalamineWorkbook
    _package: Package | None
    _facts: dict[str, SheetFacts] = field(default_factory=dict)
    date1904: bool = False

    @property
    def visible(self) -> list[str]:
        """Names of the worksheets that a person sees, in order; chart sheets are left out."""
        return [
            sheet.name
            for sheet in self._calamine.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and "WorkSheet" in str(sheet.typ)
        ]

    @property
    def hidden(self) -> list[str]:
        return [
            sheet.name
            for sheet in self._calamine.sheets_metadata
            if sheet.visible != SheetVisibleEnum.Visible
        ]

    def grid(self, name: str) -> Grid:
        """One sheet. Raises `FileRejected` if it cannot be read or has an absurd extent."""
        facts = self._package.facts(name) if self._package else self._facts.get(name, SheetFacts())
        try:
            sheet: CalamineSheet = self._calamine.get_sheet_by_name(name)
            rows = sheet.to_python(skip_empty_area=False)
            if not facts.merges:
                ranges = sheet.merged_cell_ranges or []
                facts.merges = [(a[0], a[1], b[0], b[1]) for a, b in ranges]
        except CalamineError as error:
            raise FileRejected(
                f"the sheet cannot be read: {error}", where=name, next_step=_SAVE_AS
            ) from error
        return Grid(name, rows, facts, self.date1904)

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
    package = Package(data) if kind == "xlsx" else None
    date1904, facts = (package.date1904, {}) if package else _xls_facts(data)
    try:
        calamine = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError as error:
        raise FileRejected(
            f"the workbook is damaged or was cut off ({error})",
            next_step="wait until a copy has ended, then " + _SAVE_AS,
        ) from error
    return Book(calamine, package, facts, date1904)


def _xls_facts(data: bytes) -> tuple[bool, dict[str, SheetFacts]]:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            stream = container.openstream("Workbook").read()
    except (OSError, IndexError, ValueError) as error:
        raise FileRejected(
            "the file has no Excel 97–2003 workbook in it, or was cut off", next_step=_SAVE_AS
        ) from error
    return biff.read_facts(stream)
