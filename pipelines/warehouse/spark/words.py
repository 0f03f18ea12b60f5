"""How names and texts are written in Spark's SQL.

Add here: another kind of word. Keep out: statements.
"""

from __future__ import annotations


def quoted(name: str) -> str:
    """A name in Spark's quotes."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Text as Spark reads it in a statement."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
