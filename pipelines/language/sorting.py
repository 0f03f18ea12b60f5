"""Puts the catalogues in order: sorted by key, one form of quoting, nothing twice.

Add here: what keeps two people's additions mergeable. Keep out: checks that need the code (tests).

Run as `python -m pipelines.language.sorting` after adding entries or merging branches.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from pipelines.language.catalogue import CATALOGUES


def in_order(path: Path) -> bytes:
    """The file as it should be written."""
    with path.open("rb") as file:
        found = read_po(file, locale=path.stem)
    ordered = Catalog(locale=path.stem)
    for entry in sorted((e for e in found if e.id), key=lambda e: str(e.id)):
        ordered.add(entry.id, entry.string, user_comments=entry.user_comments)
    out = BytesIO()
    write_po(out, ordered, width=0, omit_header=True)
    header = path.read_text(encoding="utf-8").split("\n\n", 1)[0]
    return header.encode() + b"\n\n" + out.getvalue().strip() + b"\n"


def main() -> None:
    """Rewrite every catalogue in order."""
    for path in sorted(CATALOGUES.glob("*.po")):
        path.write_bytes(in_order(path))


if __name__ == "__main__":
    main()
