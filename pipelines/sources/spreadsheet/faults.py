"""What can be wrong with a sheet: one cell, or the file as a whole.

Add here: a kind of fault that the readers must tell apart, and how it reads.
Keep out: who decides that something is a fault (the parsers and checks), and what is done with it
(the connector).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.language import Said, Text, text
from pipelines.language.text import Clause, between, in_words


@dataclass(frozen=True)
class Sentences:
    """Several findings behind each other, each a sentence of its own."""

    parts: Sequence[Said]

    def into(self, language: str) -> str:
        """All of them, with the mark of the language between."""
        said = [in_words(part, language).rstrip("。. ") for part in self.parts]
        return between(said, "sentences", language)

    def as_text(self) -> Text:
        """The same where a text is wanted."""
        return text("sheets.sentences", sentences=self)


class CellFault(Exception):
    """One cell cannot be read as its column wants it. `told` is the reason, without address."""

    def __init__(self, told: Text) -> None:
        self.told = told
        super().__init__(self.told)


class FileRejected(Exception):
    """Nothing of the file may be loaded. `where` is a sheet or cell address, or empty.

    `transient` is true if the same file may be readable next time without anyone acting.
    """

    def __init__(
        self,
        cause: Text,
        *,
        where: str = "",
        next_step: Text | None = None,
        transient: bool = False,
    ) -> None:
        self.cause, self.where, self.next_step = cause, where, next_step
        self.transient = transient
        super().__init__(cause)

    def told(self, file: str, entity: str = "") -> Text:
        """What was tried, where, why it failed, what happens now, and what to do next."""
        key = "sheets.rejected.where" if self.where else "sheets.rejected.plain"
        rerun = "sheets.rejected.tries_again" if self.transient else "sheets.rejected.no_rerun"
        values = {
            "what": text("sheets.rejected.entity_of_file", entity=entity, file=file)
            if entity
            else file,
            "where": self.where,
            "cause": Clause(self.cause),
            "rerun": text(rerun),
        }
        if self.next_step is None:
            return text(key, **values)
        return text(f"{key}_next", next_step=Clause(self.next_step), **values)


class NotPlain(Exception):
    """A list cannot be read in parts: totals, a second table, a mapping that looks at several rows."""
