"""From the bytes of a workbook to grids: its password, its sheets, and which of them are meant.

Add here: another way in which a workbook cannot be opened.
Keep out: kinds of files (`file_kinds.py`), text files (`csv_text.py`), which cell is what, and
passwords' origin.
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
from typing import Any

import msoffcrypto
import olefile
from msoffcrypto.exceptions import DecryptionError, InvalidKeyError
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipelines.sources.protocol import Told
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats import biff
from pipelines.sources.spreadsheet.formats.file_kinds import SAVE_AS, Kind, sniff
from pipelines.sources.spreadsheet.formats.grid import Grid, SheetFacts
from pipelines.sources.spreadsheet.formats.ooxml import Package

_LONGEST_READ = 120  # seconds


def decrypt(data: bytes, password: str | None) -> bytes:
    """The plain workbook. Raises `FileRejected` without a password or with a wrong one."""
    if password is None:
        raise FileRejected(
            Told("the file has an open password", "文件设有打开密码"),
            next_step=Told(
                "save it without a password, or give `password: ${NAME}` in its mapping in "
                "sources.yml and set NAME in the environment",
                "请去掉密码后保存，或在 sources.yml 的映射中写 `password: ${NAME}`，"
                "并设置环境变量 NAME",
            ),
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
            Told("the configured password does not open the file", "配置的密码打不开文件"),
            next_step=Told(
                "correct the environment variable that its mapping's `password` names",
                "请改正映射中 `password` 所指的环境变量",
            ),
        ) from error
    except Exception as error:  # its parsers raise whatever a damaged structure leads to
        raise _damaged("it cannot be decrypted", "无法解密") from error
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
            wanted = Told("one sheet with content", "有内容的工作表")
        else:
            names = [name for name in self.visible if _matches(name, pattern)]
            grids = [self.grid(name) for name in names]
            wanted = Told(f"visible sheet {pattern!r}", f"名为“{pattern}”的可见工作表")
        if len(grids) == 1 or (several and grids):
            return grids
        hidden = [n for n in self.hidden if pattern is None or _matches(n, pattern)]
        if not grids:
            cause = Told(f"the workbook has no {wanted.en}", f"工作簿里没有{wanted.zh}")
            if hidden:
                cause = Told(
                    f"{cause.en} ({', '.join(hidden)} is hidden, and hidden sheets are not read)",
                    f"{cause.zh}（{'、'.join(hidden)} 已隐藏，隐藏的工作表不读取）",
                )
        else:
            found = [grid.name for grid in grids]
            cause = Told(
                f"{len(grids)} sheets fit where one is wanted: {', '.join(found)}",
                f"只要一个工作表，却有 {len(grids)} 个符合：{'、'.join(found)}",
            )
        raise FileRejected(
            Told(
                f"{cause.en}; visible sheets: {', '.join(self.visible) or 'none'}",
                f"{cause.zh}；可见的工作表：{'、'.join(self.visible) or '无'}",
            ),
            next_step=Told(
                "name the sheet with `sheet:` in the mapping in sources.yml, or rename the sheet",
                "请在 sources.yml 的映射中用 `sheet:` 指定工作表，或给工作表改名",
            ),
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
            raise _damaged(str(error), where=where) from error
        raise


def _damaged(detail: str, detail_zh: str = "", *, where: str = "") -> FileRejected:
    """`detail` may be what a library says; its English words mean nothing to a Chinese reader."""
    return FileRejected(
        Told(
            f"the workbook is damaged or was cut off ({detail})",
            f"工作簿已损坏或不完整{f'（{detail_zh}）' if detail_zh else ''}",
        ),
        where=where,
        next_step=Told(
            f"wait until a copy has ended, then {SAVE_AS.en}", f"请等文件复制完，然后{SAVE_AS.zh}"
        ),
    )


def _open_xls(data: bytes) -> Book:
    """An .xls is read in a child process: see `xls_child.py` for why."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            date1904, facts = biff.read_facts(container.openstream("Workbook").read())
    except Exception as error:  # olefile raises whatever a damaged structure leads to
        raise FileRejected(
            Told(
                "the file has no Excel 97–2003 workbook in it, or was cut off",
                "文件里没有 Excel 97–2003 工作簿，或文件不完整",
            ),
            next_step=SAVE_AS,
        ) from error
    command = [sys.executable, str(Path(__file__).with_name("xls_child.py"))]
    try:
        child = subprocess.run(
            command, input=data, capture_output=True, timeout=_LONGEST_READ, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _damaged(
            f"reading it took longer than {_LONGEST_READ} s", f"读取超过 {_LONGEST_READ} 秒"
        ) from error
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
