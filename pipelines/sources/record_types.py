"""Record types: which of several kinds of records that one object holds are read at all.

Add here: what all systems share about them. Keep out: what a system calls them and how it is asked
(its own package): record types in Salesforce, layouts in Zoho, 业务类型 in 销售易 and 纷享销客, bill types
(单据类型) in 金蝶, a field of the form in 简道云.

Renewals and tenders in the object of new business would be opportunities like any other. Where
`record_types` names those that count, only they are asked for; a record that changes into another
type is gone, one that changes into a named type is there, and other names read everything anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pipelines.failures import PermanentFailure
from pipelines.language import Text, text

# Entities of which every system keeps one object, so that a name can be looked up.
TYPED = ("accounts", "leads", "opportunities", "orders")


@dataclass(frozen=True)
class RecordType:
    """A record type as a system has it: what its records carry, and what people may call it."""

    id: str
    names: tuple[str, ...]

    def is_called(self, name: str) -> bool:
        return name == self.id or name in self.names


def chosen(
    source: str, what: str, entity: str, wanted: Sequence[str], there: Iterable[RecordType]
) -> tuple[str, ...]:
    """What records of the wanted types carry, sorted.

    `what` names the object of the system. Raises `PermanentFailure` naming each wanted type that is
    not among those that are `there`: its records would silently be missing.
    """
    known = list(there)
    missing = [name for name in wanted if not any(item.is_called(name) for item in known)]
    if missing:
        raise unknown(source, what, entity, missing, [item.names[0] for item in known])
    found = {item.id for item in known if any(item.is_called(name) for name in wanted)}
    return tuple(sorted(found))


def unknown(
    source: str, what: str, entity: str, missing: Collection[str], known: Collection[str]
) -> PermanentFailure:
    """The failure that names record types which an object does not have, and those it has."""
    there = list(dict.fromkeys(known)) or text("sources.record_types.none")
    return PermanentFailure(
        text("sources.could_not_read_object", name=what, source=source),
        where=what,
        cause=text("sources.record_types.unknown", names=list(missing), known=there),
        next_step=text("sources.record_types.step", entity=entity),
    )


def only(names: Iterable[str]) -> Text:
    """What a check says of an object of which only these types are read."""
    return text("sources.record_types.only", names=list(names))
