"""Reading a rendered report as a reader would: by section, table, row and heading."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
from lxml import html
from report_marts import AS_OF

from pipelines.reporting.figures import ReportFigures, read_figures


def figures_of(path: Path, as_of: dt.date = AS_OF) -> ReportFigures:
    """The report's figures of a warehouse file, in the company's time zone."""
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set timezone = 'Asia/Shanghai'")
        return read_figures(connection, as_of=as_of)


class Page:
    """A rendered report."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = html.fromstring(text.encode())

    def one(self, path: str) -> html.HtmlElement:
        """The only element on that path."""
        found = self.root.xpath(path)
        assert len(found) == 1, f"{path}: {len(found)} found"
        return found[0]

    def words(self, path: str) -> str:
        """The words of the only element on that path."""
        return words(self.one(path))

    def section(self, name: str) -> str:
        """The words of a section."""
        return self.words(f"//*[@id='{name}']")

    def cells(self, row_path: str) -> dict[str, str]:
        """The cells of a table row by their headings."""
        row = self.one(row_path)
        headings = row.xpath("ancestor::table[1]/thead//th")
        cells = row.xpath("td")
        assert len(headings) == len(cells)
        return {words(h): words(c) for h, c in zip(headings, cells, strict=True)}


def words(element: html.HtmlElement) -> str:
    """Text as read, without the white space of the markup."""
    return " ".join(element.text_content().split())
