"""Headings: how they are compared, the unit they carry, and which canonical column they mean.

Add here: another oddity of heading cells. Keep out: the words themselves (`aliases.py`), and
where in a sheet the headings stand (`layout.py`).
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.entities import ENTITIES
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.layout.aliases import BLOCK_WORDS, HEADINGS
from pipelines.sources.spreadsheet.values.cells import clean_text
from pipelines.sources.spreadsheet.values.units import Unit, looks_like_unit, parse_unit

_BRACKETS = re.compile(r"[(\[{【<]([^)\]}】>]*)[)\]}】>]")
_UNIT_BEHIND = re.compile(r"[\s/:_\-]+([^\s/:_\-()]{1,8})$")
_UNIT_SAID = re.compile(r"单位\s*[:：]?\s*\(?([^\s()，,;；。]{1,10})")
_UNIT_SAID_EN = re.compile(r"\bunits?\s*:\s*\(?([^\s(),;]{1,12})", re.IGNORECASE)


def shown(value: Any) -> str:
    """A heading cell as a person would quote it."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_text(str(value)) if value != "" else ""


def key(text: str) -> str:
    """What two headings are compared by: NFKC, lower case, no spaces, stars or joiners."""
    plain = clean_text(unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"[\s*_\-·:]+", "", plain)


@dataclass(frozen=True)
class Heading:
    """One heading: as shown, the keys it may be found by, its unit, and a unit nobody knows."""

    text: str
    keys: tuple[str, ...]
    unit: Unit | None = None
    unknown_unit: str | None = None


def read_heading(value: Any) -> Heading:
    """Take a heading cell apart: `*金额（万元）` has the key 金额 and the unit 万元."""
    text = shown(value)
    unit: Unit | None = None
    unknown: str | None = None
    for inside in _BRACKETS.findall(text):
        # 含税,万元 says two things, one of them the unit.
        for part in re.split(r"[,，、;；/|]", inside):
            content = re.sub(r"^单位\s*[:：]?\s*", "", part).strip()
            found = parse_unit(content)
            if found and content:
                unit = found
            elif content != part.strip() or looks_like_unit(content):
                unknown = content
    bare = _BRACKETS.sub("", text)
    if unit is None and (match := _UNIT_BEHIND.search(bare)):
        found = parse_unit(match.group(1))
        if (
            found
            and not found.is_count
            and match.group(1).casefold() not in ("k", "w", "m", "unit")
        ):
            unit, bare = found, bare[: match.start()]
    keys = dict.fromkeys(part for part in (key(text), key(bare)) if part)
    return Heading(text, tuple(keys), unit, unknown)


def said_unit(texts: Iterable[str]) -> tuple[Unit | None, str | None]:
    """The unit that title cells state (`单位：万元`, or 单位 with 万元 in the next cell).

    Returns (unit, words): the unit is None and the words are given for a unit nobody knows.
    """
    cells = [clean_text(text) for text in texts]
    for position, text in enumerate(cells):
        plain = text.rstrip(":： ")
        following = cells[position + 1] if position + 1 < len(cells) else ""
        if plain.casefold() in ("单位", "unit", "金额单位", "货币单位") and following:
            return parse_unit(following), following
        match = _UNIT_SAID.search(text) or _UNIT_SAID_EN.search(text)
        if match:
            return parse_unit(match.group(1)), match.group(1)
    for text in cells:
        for inside in _BRACKETS.findall(text):
            found = parse_unit(inside)
            if inside and found:
                return found, inside
    return None, None


def block_kind(texts: Iterable[str]) -> str | None:
    """target, actual, rate or cumulative, by the words of a column's headings; None without any."""
    joined = " ".join(texts).casefold()
    for kind, words in BLOCK_WORDS.items():
        if any(word in joined for word in words):
            return kind
    return None


def aliases(entity: str) -> dict[str, tuple[str, int]]:
    """Key → (canonical column, rank): the column's own name has rank 0, then the known words."""
    known: dict[str, tuple[str, int]] = {}
    for column in ENTITIES[entity].columns:
        known[key(column.name)] = (column.name, 0)
    for name, words in HEADINGS[entity].items():
        for rank, word in enumerate(words, start=1):
            known.setdefault(key(word), (name, rank))
    return known


def nearest(wanted: str, headings: Iterable[str]) -> str:
    """The heading that almost fits, else nothing."""
    close = difflib.get_close_matches(
        key(wanted), [key(text) for text in headings], n=1, cutoff=0.6
    )
    for text in headings:
        if close and key(text) == close[0]:
            return text
    return ""


@dataclass(frozen=True)
class Assignment:
    """Which heading (by position) feeds which canonical column, and what was left over."""

    columns: dict[str, int]
    unused: tuple[int, ...]


def assign_canonical(entity: str, headings: list[Heading], where: str) -> Assignment:
    """Headings of a canonical file: each names a column, none is unknown, none comes twice."""
    names = {key(column.name): column.name for column in ENTITIES[entity].columns}
    found: dict[str, int] = {}
    for position, heading in enumerate(headings):
        if not heading.text:
            continue
        name = names.get(key(heading.text))
        if name is None:
            near = nearest(heading.text, [column.name for column in ENTITIES[entity].columns])
            known = {"entity": entity, "columns": [*names.values()]}
            raise FileRejected(
                text_("sheets.heading.unknown_near", heading=heading.text, near=near, **known)
                if near
                else text_("sheets.heading.unknown", heading=heading.text, **known),
                where=where,
                next_step=text_("sheets.heading.next_unknown"),
            )
        if name in found:
            raise FileRejected(
                text_("sheets.heading.twice", heading=heading.text),
                where=where,
                next_step=text_("sheets.heading.next_twice"),
            )
        found[name] = position
    return Assignment(found, ())


def assign_mapped(
    entity: str, headings: list[Heading], mapped: dict[str, str], fixed: Iterable[str], where: str
) -> Assignment:
    """Headings of a mapped file: first what the mapping names, then known words for the rest.

    Columns in `fixed` have constants and are not looked for. Raises `FileRejected` for a mapped
    heading that the sheet lacks, or has twice.
    """
    positions: dict[str, list[int]] = {}
    for position, heading in enumerate(headings):
        for one in heading.keys:
            positions.setdefault(one, []).append(position)
    found: dict[str, int] = {}
    texts = [heading.text for heading in headings if heading.text]
    for name, text in mapped.items():
        # With its unit first: 金额（元） and 金额（万元） are two headings.
        wanted = [one for one in read_heading(text).keys if one in positions]
        if not wanted:
            near = nearest(text, texts)
            asked = {"heading": text, "column": name, "headings": [*texts]}
            raise FileRejected(
                text_("sheets.heading.mapped_absent_near", near=near, **asked)
                if near
                else text_("sheets.heading.mapped_absent", **asked),
                where=where,
                next_step=text_("sheets.heading.next_mapped"),
            )
        found[name] = _single(positions[wanted[0]], text, where)
    taken = set(found.values())
    known = aliases(entity)
    offers: dict[str, list[tuple[int, int, str]]] = {}
    for one, places in positions.items():
        if one in known and not set(places) & taken:
            name, rank = known[one]
            offers.setdefault(name, []).append((rank, places[0], one))
    for name, choices in offers.items():
        if name in found or name in fixed:
            continue
        _, place, one = min(choices)
        found[name] = _single(positions[one], headings[place].text, where)
    used = set(found.values())
    unused = tuple(p for p, heading in enumerate(headings) if heading.text and p not in used)
    return Assignment(found, unused)


def _single(places: list[int], text: str, where: str) -> int:
    if (times := len(set(places))) > 1:
        raise FileRejected(
            text_("sheets.heading.several_times", heading=text, times=times),
            where=where,
            next_step=text_("sheets.heading.next_several"),
        )
    return places[0]
