"""Files as damage, programs and malice make them: one mutated file per seed, of every format.

Add here: another way in which a file goes wrong. Keep out: what must hold of them
(`test_sheet_fuzzing.py`).
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable

import openpyxl
import xlwt

HEAD = ("order_id", "account_id", "amount", "ordered_at")
ROWS = tuple((f"O{n}", f"A{n % 3}", 100 + n, f"2026-01-{n + 1:02d}") for n in range(20))
_FAR = ("XFD1048576", "ZZ900000", "A1048576", "XFD1", "CV3000", "XFD22")
_NEAR = ("ZZ30", "CV300", "A3000")


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "orders"
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.create_sheet("other").append(["x", 1])
    return _saved(book)


def _xls() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    for row, cells in enumerate((HEAD, *ROWS)):
        for column, value in enumerate(cells):
            sheet.write(row, column, value)
    return _saved(book)


def _saved(book: openpyxl.Workbook | xlwt.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _lines(separator: str = ",") -> str:
    return "".join(separator.join(map(str, row)) + "\n" for row in (HEAD, *ROWS))


CSV = _lines().encode()
HTML = (
    "<html><table>"
    + "".join(
        "<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in (HEAD, *ROWS)
    )
    + "</table></html>"
).encode()
XML2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table>'
    + "".join(
        "<Row>"
        + "".join(f'<Cell><Data ss:Type="String">{value}</Data></Cell>' for value in row)
        + "</Row>"
        for row in (HEAD, *ROWS)
    )
    + "</Table></Worksheet></Workbook>"
).encode()
_ODS_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)
ODS_CONTENT = (
    f"<office:document-content {_ODS_SPACES}><office:body><office:spreadsheet>"
    '<table:table table:name="S">'
    + "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
            for value in row
        )
        + "</table:table-row>"
        for row in (HEAD, *ROWS)
    )
    + "</table:table></office:spreadsheet></office:body></office:document-content>"
).encode()


def _ods() -> bytes:
    stream = io.BytesIO()
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
        archive.writestr("content.xml", ODS_CONTENT)
    return stream.getvalue()


XLSX, XLS, ODS = _xlsx(), _xls(), _ods()


def _bytes(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 5, 30))):
        if not changed:
            break
        place = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[place] = chance.randrange(256)
            case 1:
                del changed[place : place + chance.randint(1, 40)]
            case 2:
                changed[place:place] = chance.randbytes(chance.randint(1, 8))
            case _:
                end = min(place + chance.randint(1, 200), len(changed))
                changed[place:place] = changed[place:end]
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _parts(data: bytes, chance: random.Random, change: Callable[[str, bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = old.namelist()
        for name in names:
            if chance.random() < 0.03:
                continue  # a part is missing
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def _inside(data: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        wanted = chance.choice(archive.namelist())
    return _parts(data, chance, lambda name, part: _bytes(part, chance) if name == wanted else part)


def _far_cells(data: bytes, chance: random.Random) -> bytes:
    kinds = (
        '<c r="{}" t="inlineStr"><is><t></t></is></c>',
        '<c r="{}" t="str"><v></v></c>',
        '<c r="{}" t="s"><v>0</v></c>',
        '<c r="{}"><v>1</v></c>',
        '<c r="{}"><f>A1</f></c>',
        '<c r="{}" t="e"><v>#N/A</v></c>',
    )
    # What needs a million cells takes a second each time it is read.
    far = chance.choice(_FAR if chance.random() < 0.1 else _NEAR)
    cell = chance.choice(kinds).format(far)
    row = re.sub(r".*?(\d+)$", r"\1", cell.split('"')[1])

    def change(name: str, part: bytes) -> bytes:
        if name.startswith("xl/worksheets/"):
            return part.replace(
                b"</sheetData>", f'<row r="{row}">{cell}</row></sheetData>'.encode()
            )
        return part

    return _parts(data, chance, change)


def _rewritten(data: bytes, chance: random.Random) -> bytes:
    """XML that is still well formed, with attributes and elements that nobody meant."""
    swaps = (
        (b'name="other"', b'name="orders"'),
        (b"worksheets/sheet1", b"WORKSHEETS/Sheet1"),
        (b"worksheets/sheet2", b"worksheets/sheet1"),
        (b't="n"', b't="s"'),
        (b't="inlineStr"', b't="zz"'),
        (b"<row ", b'<row spans="1:16384" '),
        (b'r="1"', b'r="4000000000"'),
        (b"<v>", b"<v>99999999999999999999"),
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
        (b"<dimension ", b'<dimension xx="1" '),
        (b'ref="A1:D21"', b'ref="A1:XFD1048576"'),
        (b"</si>", b"</si><si><t>x</t></si>"),
        (b"sheetId", b"sheetid"),
    )
    chosen = chance.sample(swaps, chance.randint(1, 3))

    def change(_: str, part: bytes) -> bytes:
        for old, new in chosen:
            part = part.replace(old, new)
        return part

    return _parts(data, chance, change)


def _nested(data: bytes, chance: random.Random) -> bytes:
    """Elements within each other, or an archive within an archive."""
    if chance.random() < 0.5:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("orders.xlsx", data)
        return stream.getvalue()
    depth = chance.choice((100, *[10_000] * 6, 100_000))
    deep = b"<x>" * depth + b"</x>" * depth
    return _parts(
        data,
        chance,
        lambda name, part: (
            part.replace(b"<sheetData>", deep + b"<sheetData>")
            if name.startswith("xl/worksheets/")
            else part
        ),
    )


def _blown(data: bytes, chance: random.Random) -> bytes:
    size = 30 * 1024 * 1024 if chance.random() < 0.04 else 100_000
    fill = chance.choice((b" ", b"<row/>", b"x"))
    # More rows than a sheet may have are all alike, and each of them is parsed.
    size = min(size, 1_100_000 * len(fill)) if fill == b"<row/>" else size
    return _parts(
        data,
        chance,
        lambda name, part: (
            part.replace(b"</sheetData>", fill * (size // len(fill)) + b"</sheetData>")
            if name == "xl/worksheets/sheet1.xml"
            else part
        ),
    )


def _text(_: bytes, chance: random.Random) -> bytes:
    text = _lines(chance.choice((",", ";", "\t", "|")))
    edits: tuple[Callable[[str], str], ...] = (
        lambda t: t.replace("100", '"100', 1),
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("\n", "\n\n"),
        lambda t: t + text,
        lambda t: "notes\n" * chance.randint(1, 40) + t,
        lambda t: t.replace(",1", ",1,", chance.randint(1, 20)),
        lambda t: t + "," * chance.choice((10, 20_000)) + "\n",
        lambda t: t.replace("O3", "O4"),
        lambda t: t.replace("2026-01-0", "32.13.20"),
        lambda t: t.replace("O5", "\x00"),
        lambda t: t.replace("A1", "=cmd|' /C calc'!A0"),
        lambda t: t.replace("order_id", chance.choice(("", "amount", "订单号"))),
        lambda t: t.replace("O1", "O1\ufeff\u200b"),
        lambda t: t.replace("A2", "甲" * chance.choice((10, 40_000))),
    )
    for edit in chance.sample(edits, chance.randint(1, 3)):
        text = edit(text)
    return text.encode(chance.choice(("utf-8", "utf-8-sig", "utf-16", "gb18030")), "replace")


def _repeated_far(data: bytes, chance: random.Random) -> bytes:
    rows = chance.choice((10, 1_000_000))
    columns = chance.choice((10, *[500] * 6, 16_000))  # as wide as may be: once in a while
    cell = (
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell '
        f'office:value-type="string" table:number-columns-repeated="{columns}"><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table>"
    ).encode()
    return _parts(data, chance, lambda _, part: part.replace(b"</table:table>", cell))


_MUTATIONS: tuple[tuple[bytes, Callable[[bytes, random.Random], bytes]], ...] = (
    *((XLSX, m) for m in (_bytes, _cut, _inside, _inside, _far_cells, _rewritten, _rewritten)),
    *((XLSX, m) for m in (_nested, _blown)),
    *((XLS, m) for m in (_bytes, _bytes, _cut)),
    *((ODS, m) for m in (_bytes, _inside, _repeated_far)),
    *((HTML, m) for m in (_bytes, _cut)),
    *((XML2003, m) for m in (_bytes, _cut)),
    *((CSV, m) for m in (_bytes, _text, _text, _text)),
)


def mutated(seed: int) -> tuple[str, bytes]:
    """(what was done, the file) of one seed; the same seed gives the same file."""
    chance = random.Random(seed)
    data, mutation = _MUTATIONS[seed % len(_MUTATIONS)]
    return mutation.__name__.strip("_"), mutation(data, chance)
