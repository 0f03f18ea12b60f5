"""A configuration folder that is right, to be spoiled one file at a time."""

from pathlib import Path

GOOD = {
    "company.yml": "name: 远航科技\nlanguage: zh\nclock: 2026-10-30\n",
    "sources.yml": "sources:\n  - {name: sheets, system: spreadsheet, folder: sheets}\n",
    "stages.csv": (
        "source,source_stage,stage,stage_order,outcome\n"
        "*,初步接洽,初步接洽,1,open\n*,赢单,赢单,5,won\n*,输单,输单,6,lost\n"
    ),
}


def write(folder: Path, **files: str | bytes | None) -> Path:
    """The good folder with files replaced, added or (None) left out; `company__yml` is a name."""
    named = {name.replace("__", "."): content for name, content in files.items()}
    for name, content in {**GOOD, **named}.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        elif content is not None:
            (folder / name).write_text(content, encoding="utf-8")
    return folder
