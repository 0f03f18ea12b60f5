"""Names that are probably meant to be the same: `GTXPro` and `GTX Pro`.

Add here: a way in which one name comes to be written twice. Keep out: which names are compared and
what follows (`naming.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations, product

import duckdb
import pyarrow as pa

_SEPARATORS = re.compile(r"[\W_]+", re.UNICODE)
_HAN = re.compile(r"[\u3400-\u9fff]")
# What tells otherwise equal names apart on purpose: figures, and the numerals of 一区, 二组.
_NUMERALS = set("0123456789一二三四五六七八九十甲乙丙丁")
_DELETIONS = """
    with cut as (
        select key, place, substring(key, 1, place) || substring(key, place + 2) as shorter
        from keys, unnest(range(length(key))) as places(place)
    ),
    shared as (
        select shorter from cut group by shorter having count(*) > 1
        union
        select key from keys
    )
    select cut.shorter, cut.key, cut.place from cut semi join shared on cut.shorter = shared.shorter
"""
# In shorter names one letter more often makes another word than a slip.
_SHORTEST = 6


def normalised(name: str) -> str:
    """A name without what people write differently: width, case, spaces and punctuation."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", name).casefold())


def similar_pairs(names: Iterable[str]) -> list[tuple[str, str, bool]]:
    """Pairs of different names that may be one, as (first, second, equal when normalised).

    Near pairs are one edit apart after normalisation: a character more, two neighbours swapped, or
    a letter replaced. Left out are differences that are meant: in a number, in a replaced Chinese
    character (nearly always another name), in a replaced last letter (plan A, plan B). Work grows
    with the number of names and not with its square: names one edit apart share a name that is at
    most one deletion away from each. Only such shared ones leave the database.
    """
    spellings: dict[str, list[str]] = defaultdict(list)
    for name in sorted({name for name in names if name and name.strip()}):
        spellings[normalised(name)].append(name)
    pairs = [(same[0], other, True) for key, same in spellings.items() if key for other in same[1:]]
    near: set[tuple[str, str]] = set()
    for shorter, members in _shared([key for key in spellings if len(key) >= _SHORTEST]).items():
        if shorter in spellings and len(shorter) >= _SHORTEST:
            near.update(
                (shorter, key) for key, position in members if key[position] not in _NUMERALS
            )
        if len(members) > 1:
            near.update(_replaced(members))
            near.update(_swapped(members))
    for a, b in near:
        first, second = sorted([spellings[a][0], spellings[b][0]])
        pairs.append((first, second, False))
    return sorted(set(pairs))


def _shared(keys: list[str]) -> dict[str, list[tuple[str, int]]]:
    """Names with one character less that several deletions give, or that are a name: (whose, at which place)."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    if not keys:
        return found
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("keys", pa.table({"key": pa.array(keys, pa.string())}))
        rows = connection.execute(_DELETIONS).fetchall()
    for shorter, key, position in rows:
        found[shorter].append((key, position))
    return found


def _replaced(members: list[tuple[str, int]]) -> Iterator[tuple[str, str]]:
    """Pairs that differ in the letter at one place, which is not the last."""
    by_place: dict[int, list[str]] = defaultdict(list)
    for key, position in members:
        letter = key[position]
        if not (_HAN.match(letter) or letter in _NUMERALS) and position < len(key) - 1:
            by_place[position].append(key)
    for keys in by_place.values():
        yield from combinations(keys, 2)


def _swapped(members: list[tuple[str, int]]) -> Iterator[tuple[str, str]]:
    """Pairs in which two neighbours changed places."""
    by_letter: dict[tuple[str, int], list[str]] = defaultdict(list)
    for key, position in members:
        by_letter[key[position], position].append(key)
    for (letter, position), keys in by_letter.items():
        if letter not in _NUMERALS:
            for first, second in product(keys, by_letter.get((letter, position + 1), ())):
                if first != second and second[position] not in _NUMERALS:
                    yield first, second
