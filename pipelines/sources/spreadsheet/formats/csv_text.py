"""Text files: how they are encoded, what separates their cells, and their cells.

Add here: an encoding or a separator that people's programs write.
Keep out: what a cell means. Decoding is strict: a wrong guess would corrupt names without notice.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from charset_normalizer import from_bytes

from pipelines.language import Text
from pipelines.language import text as text_of
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import Grid
from pipelines.sources.spreadsheet.formats.text_evidence import evidence_of

SEPARATORS = (",", ";", "\t", "|")
_LONGEST_CELL = 131_072
MOST_COLUMNS = 16_384  # of any spreadsheet program
MOST_TEXT_CELLS = 20_000_000  # a line of nothing but commas costs memory as one of words does
_SAVE_AS = text_("sheets.csv.save_as_utf8")
_BLOCK = 8 * 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, encoding: str | None = None) -> str:
    """Text by byte order mark, else strict UTF-8, else as told, else what the bytes give evidence of.

    `encoding` is what the mapping says. Raises `FileRejected` where the bytes show no encoding; a
    statistical guess only words the message.
    """
    if not (known := marked(data)):
        try:
            return _without_nul(data.decode("utf-8"))
        except UnicodeDecodeError:
            known = encoding or evident(data)[0]
    return _without_nul(strict(data, known))


def marked(data: bytes) -> str | None:
    """The encoding that a byte order mark names."""
    return next((known for mark, known in _MARKS if data.startswith(mark)), None)


def is_utf8(data: bytes) -> bool:
    """Whether all of it is UTF-8, decoded in parts."""
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    try:
        for at in range(0, len(data), _BLOCK):
            decoder.decode(view[at : at + _BLOCK], final=at + _BLOCK >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def evident(data: bytes) -> tuple[str, Text | None]:
    """The encoding that the letters of a text show which is not UTF-8, and what is worth a remark.

    Chinese is read without one. Raises `FileRejected` where they show none.
    """
    found = evidence_of(data)
    if found.encoding is None:
        next_step = text_("sheets.next.say_encoding")
        if found.others:
            raise FileRejected(text_("sheets.csv_text.two_encodings"), next_step=next_step)
        # On a few letters a statistical guess is worth less than none.
        known = sum(byte > 0x7F for byte in data[:20_000]) >= 200
        guess = from_bytes(data[:20_000]).best() if known else None
        raise FileRejected(
            text_("sheets.csv_text.no_evidence", encoding=guess.encoding)
            if guess
            else text_("sheets.csv_text.no_evidence_at_all"),
            next_step=next_step,
        )
    if found.encoding == "gb18030":
        return found.encoding, None
    if not found.doubt:
        return found.encoding, text_("sheets.read_as_letters_say", encoding=found.encoding)
    return found.encoding, text_(
        "sheets.read_as_in_doubt",
        encoding=found.encoding,
        read=found.doubt[0],
        other=found.others[0],
        instead=found.doubt[1],
    )


def strict(data: bytes, encoding: str) -> str:
    """Decoded without a guess. Raises `FileRejected`."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        guess = from_bytes(data[:20_000]).best()
        raise FileRejected(
            _undecoded(encoding, error.start, guess.encoding if guess else None),
            next_step=text_("sheets.next.say_encoding"),
        ) from error


def _undecoded(encoding: str, byte: int, guess: str | None) -> Text:
    if encoding != "gb18030":
        return text_("sheets.csv_text.not_in_encoding", encoding=encoding, start=byte)
    if guess:
        return text_("sheets.csv.encoding_looks_like", byte=byte, encoding=guess)
    return text_("sheets.csv.encoding_unknown", byte=byte)


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise FileRejected(
            text_("sheets.csv.nul"),
            next_step=_SAVE_AS,
        )
    return text


def separator(text: str) -> str:
    """The separator that cuts the first lines into most cells of equal number."""
    lines = [line for line in text[:50_000].splitlines()[:40] if line.strip()]
    if lines and lines[0].startswith("sep=") and len(lines[0]) == 5:
        return lines[0][4]
    best, most = ",", (0, 0)
    for candidate in SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=candidate)]
        except csv.Error:
            continue
        width, count = max(
            Counter(width for width in widths if width > 1).items(),
            key=lambda item: (item[1], item[0]),
            default=(0, 0),
        )
        if (count, width) > most:
            best, most = candidate, (count, width)
    return best


def read_grid(text: str, name: str, delimiter: str = "") -> Grid:
    """All records as rows of text, numbered as Excel numbers them (one per record).

    Without a `delimiter` the text says what separates its cells.
    """
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = delimiter or separator(text)
    rows: list[list[Any]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    cells = 0
    try:
        for row in reader:
            cells += len(row)
            if len(row) > MOST_COLUMNS or cells > MOST_TEXT_CELLS:
                raise FileRejected(
                    text_of("sheets.text_too_wide", columns=MOST_COLUMNS, cells=MOST_TEXT_CELLS),
                    where=f"{name}!{len(rows) + 1}",
                    next_step=text_of("sheets.next.split"),
                )
            rows.append(row)
    except csv.Error as error:
        raise FileRejected(
            text_("sheets.csv.uncut_line", line=reader.line_num, said=error),
            where=f"{name}!{len(rows) + 1}",
            next_step=text_("sheets.csv.correct_quotes"),
        ) from error
    if rows and rows[0][:1] == [f"sep={delimiter}"] or text.startswith("sep="):
        rows[0] = []
    return Grid(name, rows, is_text=True)


def read_table(text: str, delimiter: str = "") -> tuple[list[str], pa.Table] | None:
    """The quick way for a plain table: (headings of its first record, its cells as text).

    None where row numbers or cells would not be certain (ragged or blank lines, line breaks in
    cells, odd quotes); `read_grid` then reads the file and can say what is wrong with it.
    """
    delimiter = delimiter or separator(text)
    first, _, rest = text.partition("\n")
    if not rest or '"' in first or text.startswith(("sep=", "\n", "\r")):
        return None
    headings = first.rstrip("\r").split(delimiter)
    cells = read_cells(text, headings, delimiter, skip=1)
    return None if cells is None else (headings, cells)


def read_cells(text: str, headings: list[str], delimiter: str, *, skip: int = 0) -> pa.Table | None:
    """The cells of plain records below `skip` lines of headings, or None as `read_table` gives it."""
    if len(headings) > MOST_COLUMNS:
        return None
    lines = text.count("\n") + (0 if text.endswith("\n") else 1)
    try:
        table = pa_csv.read_csv(
            io.BytesIO(text.encode("utf-8")),
            read_options=pa_csv.ReadOptions(
                column_names=[str(index) for index in range(len(headings))],
                skip_rows=skip,
                use_threads=False,
                block_size=8 << 20,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={str(index): pa.string() for index in range(len(headings))},
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines - skip:
        return None
    if headings[0] and pc.any(pc.equal(table.column(0), headings[0])).as_py():
        return None  # headings again: a list printed page by page, or a second table
    blank = pc.equal(table.column(0), "")
    if pc.any(blank).as_py():
        for column in table.columns[1:]:
            blank = pc.and_(blank, pc.equal(column, ""))
        if pc.any(blank).as_py():
            return None
    return table.combine_chunks()
