"""`options` of a spreadsheet source: which there are, and what they may be.

Add here: another option. Keep out: keys of a mapping (`pipelines/configuration/file_mapping.py`).
"""

from __future__ import annotations

from typing import Any

from pipelines.configuration.file_mapping import is_encoding
from pipelines.configuration.problems import ConfigurationError, Problem
from pipelines.configuration.sources import Source
from pipelines.language import text


def options_of(source: Source) -> dict[str, Any]:
    """The options as given. Raises `ConfigurationError` naming each that is unknown or out of range."""
    known = {
        *("null_values", "date_order", "decimal", "encoding", "max_megabytes"),
        *("settle_seconds", "most_bad_share", "most_bad_rows"),
    }
    problems = [
        Problem(
            "sources.yml",
            f"{source.name}.options.{name}",
            text("sheets.options.unknown"),
            ", ".join(sorted(known)),
        )
        for name in source.options
        if name not in known
    ]
    order = source.options.get("date_order")
    if order not in (None, "dmy", "mdy"):
        problems.append(
            Problem(
                "sources.yml",
                f"{source.name}.options.date_order",
                f"{order!r}",
                text("sheets.options.either", one="dmy", other="mdy"),
            )
        )
    if source.options.get("decimal") not in (None, "point", "comma"):
        found = repr(source.options["decimal"])
        problems.append(
            Problem(
                "sources.yml",
                f"{source.name}.options.decimal",
                found,
                text("sheets.options.either", one="point", other="comma"),
            )
        )
    encoding = source.options.get("encoding")
    if encoding is not None and not (isinstance(encoding, str) and is_encoding(encoding)):
        problems.append(
            Problem(
                "sources.yml",
                f"{source.name}.options.encoding",
                repr(encoding),
                text("config.mapping.encoding"),
            )
        )
    for name, top in (("most_bad_share", 1.0), ("most_bad_rows", 1_000_000)):
        value = source.options.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= top:
            where = f"{source.name}.options.{name}"
            problems.append(
                Problem(
                    "sources.yml",
                    where,
                    repr(value),
                    text("sheets.options.number_up_to", top=f"{top:g}"),
                )
            )
    if problems:
        raise ConfigurationError(problems)
    return dict(source.options)
