"""What every source module gives to the raw zone, whatever its system.

Add here: a record that all sources share. Keep out: Dagster, dlt, and anything of one system.

A source is built from its `Source` entry and the company's settings, then `extract` is called once
per run with what earlier completed loads left behind. It yields `Batch`es of Arrow rows and
`Rejection`s, and for each (entity, file) one `Extract` that closes it. Only when the whole
generator has ended without an exception does the load count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

import pyarrow as pa

from pipelines.language import stored
from pipelines.language.text import InEach, Joined, Said, Text

State = Literal["loaded", "rejected", "gone"]


def joined(parts: Iterable[Text]) -> Text:
    """Several texts as one, with the separator of each language between them."""
    return Joined(list(parts))


@dataclass(frozen=True)
class Batch:
    """Rows for one raw table. `table` has exactly the schema that `tables()` declares for it."""

    entity: str
    table: pa.Table


@dataclass(frozen=True)
class Rejection:
    """One row (or one cell) that could not be read; it goes to the quarantine with its reason.

    Where `reason` is a plain string, `reason_zh` is its Chinese; None: the same words are shown.
    """

    entity: str
    reason: Said
    file: str | None = None
    address: str | None = None  # `sheet!C5` or a record id
    column: str | None = None
    value: str | None = None  # as found; the raw row as JSON where no single cell is at fault
    reason_zh: str | None = None


@dataclass(frozen=True)
class Extract:
    """The outcome for one entity, and one file of it for spreadsheets.

    state: `loaded` takes the place of the earlier version; `rejected` leaves it in force;
    `gone` withdraws it. `cursor` is opaque text that comes back in the next run. `source_rows` and
    `source_amount` are what the system itself counted, for the completeness check.
    """

    entity: str
    state: State = "loaded"
    file: str | None = None
    cursor: str | None = None  # spreadsheets: the content hash
    rows: int = 0
    rejected_rows: int = 0
    full: bool = True  # False: an incremental load
    newest_record_at: dt.datetime | None = None
    source_rows: int | None = None
    source_amount: Decimal | None = None
    message: Said | None = None  # why it was rejected, or a remark an operator should read
    message_zh: str | None = None  # the Chinese of a plain string; None: the same words are shown
    other_languages: str | None = None  # and its further ones, of a message that was stored

    @property
    def told(self) -> Said:
        """The message in any language, also of an extract that was stored; empty without one."""
        if not isinstance(self.message, str):
            return self.message or ""
        kept = {"said_en": self.message, "said_zh": self.message_zh or self.message}
        return InEach(stored.in_each({**kept, stored.COLUMN: self.other_languages}, "said"))


def in_both(said: Said | None, zh: str | None) -> tuple[str | None, str | None]:
    """What was said in English and in Chinese, as raw tables keep it (the Chinese may be None)."""
    if said is None or isinstance(said, str):
        return said, zh
    return said.en, said.zh


@dataclass(frozen=True)
class Finding:
    """One line of `forewarn check`: what was looked at, whether it is well, what to do.

    `ok` False is a problem that keeps something from being read. Where all is read and a person
    should still know something (a file that is a copy, figures that cannot be made of these
    columns), `ok` is True and `remark` says so: the line is marked as a remark, not as "ok".
    """

    subject: Said
    ok: bool
    text: Said
    next_step: Said = ""
    remark: bool = False


@dataclass(frozen=True)
class Previous:
    """What completed loads left: the last `Extract` of each (entity, file), and when it was loaded."""

    extracts: Mapping[tuple[str, str | None], Extract] = field(default_factory=dict)
    loaded_at: dt.datetime | None = None

    def cursor(self, entity: str, file: str | None = None) -> str | None:
        """The cursor of the last load of that entity and file, whatever its state."""
        extract = self.extracts.get((entity, file))
        return extract.cursor if extract else None


NOTHING_YET = Previous()


class Connector(Protocol):
    """One configured source."""

    def tables(self) -> Mapping[str, pa.Schema]:
        """Raw tables this source can fill, with their declared Arrow schemas (no bookkeeping)."""
        ...

    def extract(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        """Everything new since `previous`, nothing changed after `upto` (UTC, fixed per run).

        Raises `PermanentFailure` or `TransientFailure`; nothing of the run is then loaded.
        """
        ...

    def check(self, previous: Previous = NOTHING_YET) -> list[Finding]:
        """Try to log in and look around, read the first records at most; never raises for what it finds.

        By `previous`, what completed loads left, a field that was renamed or lost since is told.
        """
        ...
