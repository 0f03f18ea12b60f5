"""The weekly report's files: an HTML page and a workbook per language.

Add here: another file of the report. Keep out: figures, wording and layout.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.configuration.company import Company
from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import languages as catalogues
from pipelines.language import text
from pipelines.reporting.figures import ReportFigures, read_figures
from pipelines.reporting.html import render_weekly
from pipelines.reporting.workbook import workbook_bytes


def write_weekly_report(
    warehouse: Path,
    out_dir: Path,
    *,
    company: Company,
    as_of: dt.date,
    languages: Sequence[str] | None = None,
    board: str = "",
) -> list[Path]:
    """Write weekly.html and weekly.xlsx, and both in every other language; return their paths.

    `warehouse` is a DuckDB file with the schema `marts` and is opened read only. weekly.html and
    weekly.xlsx are in the company's language; every other one of `languages` (default: all) gets
    files of its own, weekly.<language>.html and .xlsx. `board` is the address that cases lead to. Files are replaced whole, and their
    bytes depend on the marts, the company, that address, the day and the machine's fonts (words in charts are
    measured) alone. Raises PermanentFailure when the file or a column is missing or a language
    is unknown, TransientFailure when another process holds the file.
    """
    known = catalogues()
    unknown = sorted(set(languages or ()) - set(known))
    if unknown:
        raise PermanentFailure(
            text("report.failure.writing"),
            cause=text("report.failure.no_language", unknown=[*unknown]),
            next_step=text("report.failure.choose_language", languages=[*known]),
        )
    figures = _read(warehouse, company, as_of)
    others = [lang for lang in (languages or known) if lang != company.language]
    contents = {"weekly.html": render_weekly(figures, company, company.language, board).encode()}
    for language in dict.fromkeys(others):
        contents[f"weekly.{language}.html"] = render_weekly(
            figures, company, language, board
        ).encode()
    contents["weekly.xlsx"] = workbook_bytes(figures, company)
    for language in dict.fromkeys(others):
        contents[f"weekly.{language}.xlsx"] = workbook_bytes(figures, company, language)
    out_dir.mkdir(parents=True, exist_ok=True)
    return [replace_whole(out_dir / name, content) for name, content in contents.items()]


def _read(warehouse: Path, company: Company, as_of: dt.date) -> ReportFigures:
    with opened(warehouse, company) as connection:
        return read_figures(connection, as_of=as_of)


@contextmanager
def opened(warehouse: Path, company: Company) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts, read only, in the company's zone. Raises as `write_weekly_report` does."""
    tried = text("report.failure.reading_marts")
    if not warehouse.is_file():
        raise PermanentFailure(
            tried,
            where=warehouse.name,
            cause=text("report.failure.no_file"),
            next_step=text("report.failure.run_first"),
        )
    try:
        connection = duckdb.connect(str(warehouse), read_only=True)
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise TransientFailure(
                tried,
                where=warehouse.name,
                cause=text("report.failure.being_written"),
                next_step=text("report.failure.wait"),
            ) from error
        raise PermanentFailure(
            tried,
            where=warehouse.name,
            cause=text("report.failure.unopened"),
            next_step=text("report.failure.publish_again"),
        ) from error
    with connection:
        # Days of timestamps are the company's days, whatever the machine's zone is.
        connection.execute(f"set timezone = '{company.timezone}'")
        yield connection


def replace_whole(path: Path, content: bytes) -> Path:
    """Write a file in one step: whoever reads it meets the old or the new one."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)
    return path
