"""A program of its own: a workbook on standard input, its sheets pickled on standard output.

Add here: the order in which a workbook is opened. Keep out: whatever is slow to import, and words.

A workbook of a few kilobytes can make a native reader ask for more memory than there is, which ends
the whole process. Here that ends only this child, which may use so much memory and time and no more
(`workbook.py` starts it and says what happened). It is run as a module:
`python -m pipelines.sources.spreadsheet.formats.child`.
"""

from __future__ import annotations

import contextlib
import fnmatch
import io
import json
import pickle
import sys
from dataclasses import dataclass
from typing import Any, BinaryIO

from pipelines.sources.spreadsheet.formats import markup
from pipelines.sources.spreadsheet.formats.facts import biff, ods, xlsb
from pipelines.sources.spreadsheet.formats.facts.ooxml import Package
from pipelines.sources.spreadsheet.formats.grid import SheetFacts, letters
from pipelines.sources.spreadsheet.formats.refused import (
    MOST_CELLS,
    MOST_MERGES,
    Refused,
    damaged,
    too_far,
)

MOST_MEMORY = 1024**3
MOST_SECONDS = 120  # of processor time
MOST_ANSWER = 256 * 1024 * 1024


@dataclass
class Answer:
    """What is known of one sheet: `rows` is None for sheets that were not asked for."""

    name: str
    is_shown: bool
    rows: list[list[Any]] | None = None
    facts: SheetFacts | None = None


def matches(name: str, pattern: str | None) -> bool:
    """Whether a sheet is meant by a name or pattern; without one every sheet is."""

    def plain(text: str) -> str:
        return text.strip().casefold()

    if pattern is None or plain(name) == plain(pattern):
        return True
    return fnmatch.fnmatchcase(plain(name), plain(pattern))


def read(data: bytes, wish: dict[str, Any]) -> tuple[bool, list[Answer]]:
    """(counts from 1904, sheets) of a workbook of any kind. Raises `Refused`."""
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data, wish)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _compound(data, wish)
    return False, _bounded([Answer(*sheet) for sheet in markup.read_sheets(data)], wish)


def _zipped(data: bytes, wish: dict[str, Any]) -> tuple[bool, list[Answer]]:
    package = Package(data)
    if package.has("xl/workbook.xml"):
        package.read_workbook()

        def facts(name: str, left: int) -> SheetFacts:
            return package.facts(name, left, wish.get("currency") or "")

        return package.date1904, _native(data, wish, facts, package.date1904)
    if package.has("xl/workbook.bin"):
        data, package = xlsb.with_columns(data, package)
        date1904, known = xlsb.read_facts(package, wish.get("currency") or "")
        return date1904, _native(data, wish, lambda name, _: known.get(name, SheetFacts()))
    if package.has("content.xml"):
        found = ods.read_facts(package, wish.get("currency") or "")
        return False, _native(data, wish, lambda name, _: found.get(name, SheetFacts()))
    if package.has("index/document.iwa") or package.has_any("index/", ".iwa"):
        raise Refused("sheets.is_numbers", "sheets.next.from_numbers")
    if package.has("word/document.xml") or package.has("ppt/presentation.xml"):
        raise Refused("sheets.is_document", "sheets.next.copy_table")
    if package.has("mimetype"):
        raise Refused("sheets.is_document", "sheets.next.copy_table")
    raise Refused("sheets.is_archive", "sheets.next.unpack")


def _compound(data: bytes, wish: dict[str, Any]) -> tuple[bool, list[Answer]]:
    import olefile  # wanted for this kind only

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            if container.exists("EncryptedPackage"):
                stream = None
            else:
                stream = container.openstream("Workbook").read()
    except MemoryError:
        raise
    except Exception as error:  # olefile raises whatever a damaged structure leads to
        raise Refused("sheets.no_old_workbook", "sheets.next.save_as") from error
    if stream is None or biff.is_encrypted(stream):
        return read(_decrypted(data, wish.get("password")), {**wish, "password": None})
    date1904, known = biff.read_facts(stream, wish.get("currency") or "")
    return date1904, _native(data, wish, lambda name, _: known.get(name, SheetFacts()))


def _decrypted(data: bytes, password: str | None) -> bytes:
    if password is None:
        raise Refused("sheets.has_password", "sheets.next.password")
    import msoffcrypto  # slow to import, and seldom wanted
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    plain = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        if isinstance(office, msoffcrypto.format.ooxml.OOXMLFile):
            office.load_key(password=password, verify_password=True)
        else:
            office.load_key(password=password)
        office.decrypt(plain)
    except (InvalidKeyError, DecryptionError) as error:
        raise Refused("sheets.wrong_password", "sheets.next.correct_password") from error
    except MemoryError:
        raise
    except Exception as error:  # its parsers raise whatever a damaged structure leads to
        raise Refused("sheets.cannot_decrypt", "sheets.next.copy_ended") from error
    return plain.getvalue()


def _native(data: bytes, wish: dict[str, Any], facts: Any, date1904: bool = False) -> list[Answer]:
    """Values by python-calamine, after the facts, which refuse what would exhaust the memory."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    answers: list[Answer] = []
    described = workbook.sheets_metadata
    names = [sheet.name for sheet in described]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise Refused("sheets.two_sheets_one_name", "sheets.next.save_as", sheet=double)
    left = MOST_CELLS
    for number, sheet in enumerate(described):
        if sheet.typ != SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
            continue
        answer = Answer(sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        answers.append(answer)
        if not answer.is_shown or not matches(sheet.name, wish.get("pattern")):
            continue
        answer.facts = facts(sheet.name, left)
        read_sheet = workbook.get_sheet_by_index(number)
        answer.rows = read_sheet.to_python(skip_empty_area=False)
        left -= sum(map(len, answer.rows))
        if left < 0:
            raise too_far(sheet.name, MOST_CELLS - left)
        if not answer.facts.merges:
            corners = read_sheet.merged_cell_ranges or []
            answer.facts.merges = [(*first, *last) for first, last in corners]
        _clip_merges(answer)
    return answers


def _bounded(answers: list[Answer], wish: dict[str, Any]) -> list[Answer]:
    for answer in answers:
        if not matches(answer.name, wish.get("pattern")):
            answer.rows = None
        _clip_merges(answer)
    return answers


def _clip_merges(answer: Answer) -> None:
    """Merged ranges end where the content ends, and together cover no absurd area."""
    assert answer.facts is not None
    rows = answer.rows or []
    height, width = len(rows), max(map(len, rows), default=0)
    kept = []
    area = 0
    for top, left, bottom, right in answer.facts.merges:
        bottom, right = min(bottom, height - 1), min(right, width - 1)
        if top <= bottom and left <= right:
            kept.append((top, left, bottom, right))
            area += (bottom - top + 1) * (right - left + 1)
    if area > 2 * MOST_CELLS or len(kept) > MOST_MERGES:
        raise too_far(f"{answer.name}!{letters(width - 1)}{height}", area)
    answer.facts.merges = kept


class _Counted:
    """A stream that takes so many bytes and no more."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left = stream, MOST_ANSWER

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self._left -= size
        if self._left < 0:
            raise MemoryError
        return self._stream.write(data)


def main() -> None:
    """Answer one wish (a line of JSON, then the bytes): (None, 1904, sheets), or a refusal."""
    # Not every system lets a process limit itself; the child is then only isolated.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wish = json.loads(sys.stdin.buffer.readline())
    answer: tuple[Any, ...]
    try:
        date1904, sheets = read(sys.stdin.buffer.read(), wish)
        answer = (None, date1904, [(s.name, s.is_shown, s.rows, s.facts) for s in sheets])
    except MemoryError:
        raise
    except Refused as refused:
        answer = (refused.key, refused.next_key, refused.where, refused.values)
    except BaseException as error:  # the native reader panics, which is no Exception
        found = damaged(f"{type(error).__name__}: {error}"[:200])
        answer = (found.key, found.next_key, found.where, found.values)
    pickle.dump(answer, _Counted(sys.stdout.buffer), protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
