"""Whether a file is text or a workbook: by its bytes, never by its name.

Add here: a kind of file that is neither, and its message.
Keep out: how a workbook is read (`child.py`), how text is (`csv_text.py`).
"""

from __future__ import annotations

from typing import Literal

from pipelines.language import text
from pipelines.sources.spreadsheet.faults import FileRejected

Kind = Literal["workbook", "text"]
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<meta", b"<head", b"<style", b"<div", b"<?xml")
_SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def sniff(data: bytes) -> Kind:
    """The kind of file. Raises `FileRejected` for kinds that are not sheets Forewarn can read."""
    if not data:
        raise FileRejected(text("sheets.is_empty_file"), next_step=text("sheets.next.save_again"))
    if data.startswith(_SIGNATURES):
        return "workbook"
    if data.startswith(b"%PDF"):
        raise FileRejected(text("sheets.is_pdf"), next_step=text("sheets.next.ask_for_sheet"))
    if data.startswith((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"PK\x05\x06")):
        raise FileRejected(text("sheets.is_archive"), next_step=text("sheets.next.unpack"))
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    head = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(_MARKUP) or b"<workbook" in head or b"<table" in head:
        return "workbook"
    return "text"
