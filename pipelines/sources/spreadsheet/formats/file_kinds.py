"""What kind of file it is: by its bytes, never by its name.

Add here: a kind of file, and the message for a kind that cannot be read.
Keep out: how a kind is read (`workbook.py`, `csv_text.py`).
"""

from __future__ import annotations

import io
from typing import Literal

import msoffcrypto

from pipelines.sources.protocol import Told
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.ooxml import Package

Kind = Literal["xlsx", "xls", "encrypted", "text"]
SAVE_AS = Told(
    "open it in Excel or WPS and save it as .xlsx", "请用 Excel 或 WPS 打开并另存为 .xlsx"
)


def sniff(data: bytes) -> Kind:
    """The kind of file. Raises `FileRejected` for kinds that are not sheets Forewarn can read."""
    if not data:
        raise FileRejected(
            Told("the file is empty (0 bytes)", "文件是空的（0 字节）"),
            next_step=Told("save it again", "请重新保存"),
        )
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return _ole_kind(data)
    if data.startswith(b"%PDF"):
        raise FileRejected(
            Told("the file is a PDF, not a sheet", "文件是 PDF，不是表格"),
            next_step=Told("ask for the sheet itself", "请索取表格原件"),
        )
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<head", b"<style", b"<div")):
        raise FileRejected(
            Told(
                "the file is a web page (HTML) that only carries the name of an Excel file; "
                "web systems export such files",
                "文件其实是网页（HTML），只是用了 Excel 文件的名字；网页系统常导出这种文件",
            ),
            next_step=SAVE_AS,
        )
    if head.startswith(b"<?xml") or b"<workbook" in head:
        raise FileRejected(
            Told(
                "the file is an XML document (perhaps an Excel 2003 XML sheet), not a workbook",
                "文件是 XML 文档（可能是 Excel 2003 的 XML 表格），不是工作簿",
            ),
            next_step=SAVE_AS,
        )
    return "text"


def _zip_kind(data: bytes) -> Kind:
    names = Package(data).names
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        cause = Told(
            "the file is an Excel binary workbook (.xlsb), whose error cells look empty",
            "文件是 Excel 二进制工作簿（.xlsb），其中的错误值会被当成空单元格",
        )
    elif "mimetype" in names:
        cause = Told(
            "the file is an OpenDocument sheet (.ods), whose error cells look empty",
            "文件是 OpenDocument 表格（.ods），其中的错误值会被当成空单元格",
        )
    elif "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise FileRejected(
            Told(
                "the file is a text document or presentation, not a workbook",
                "文件是文档或演示文稿，不是工作簿",
            ),
            next_step=Told(
                "copy the table into a sheet and save that as .xlsx",
                "请把其中的表格复制到工作表中，另存为 .xlsx",
            ),
        )
    else:
        raise FileRejected(
            Told("the file is a zip archive, not a workbook", "文件是 zip 压缩包，不是工作簿"),
            next_step=Told(
                "unpack it and put the sheet itself into the folder",
                "请解压，把表格文件本身放进文件夹",
            ),
        )
    raise FileRejected(cause, next_step=SAVE_AS)


def _ole_kind(data: bytes) -> Kind:
    try:
        if msoffcrypto.OfficeFile(io.BytesIO(data)).is_encrypted():
            return "encrypted"
    except Exception as error:  # its parsers raise whatever a damaged structure leads to
        raise FileRejected(
            Told(
                "the file is an old Office file without a readable workbook, or was cut off",
                "文件是旧版 Office 文件，里面没有可读的工作簿，或文件不完整",
            ),
            next_step=SAVE_AS,
        ) from error
    return "xls"
