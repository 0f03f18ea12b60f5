"""Invented names in Chinese and English: regions, teams, people, customers, products, statuses.

Add here: a word that a reader of the sample company sees. Keep out: numbers, and who gets which
name (`organisation.py`, `customers.py`). No name is meant to be a real person or firm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STAGE_COUNT = 6  # four open stages, won, lost; numbered 1 to 6 everywhere in this package
WON, LOST = 5, 6


@dataclass(frozen=True)
class Vocabulary:
    """All the words of one language. Lists of the two languages have the same length."""

    company: str
    stages: tuple[str, ...]
    regions: tuple[str, ...]
    region_cities: tuple[tuple[str, ...], ...]
    product_lines: tuple[str, ...]
    surnames: tuple[str, ...]
    given_names: tuple[str, ...]
    firm_words: tuple[str, ...]
    firm_kinds: tuple[str, ...]
    firm_suffixes: tuple[str, ...]
    industries: tuple[str, ...]
    titles: tuple[str, ...]
    channels: tuple[str, ...]
    lead_states: tuple[str, str, str]  # converted, being worked, dropped
    activity_types: tuple[str, ...]  # call, visit, mail, message
    lost_reasons: tuple[str, ...]
    account_states: tuple[str, str, str]  # prospect, customer, lost customer
    order_states: tuple[str, str, str, str]  # delivered, open, partly delivered, cancelled
    version_original: str
    version_revised: str
    reason_original: str
    reason_revised: str
    spaced: bool  # words are separated by spaces

    def team(self, region: int, number: int) -> str:
        """Name of the region's team; `number` counts from 1."""
        if self.spaced:
            return f"{self.regions[region]} Team {number}"
        digits = "一二三四五六七八九"
        tens, ones = divmod(number, 10)
        if number < 10:
            text = digits[number - 1]
        else:
            text = (
                ("" if tens == 1 else digits[tens - 1]) + "十" + (digits[ones - 1] if ones else "")
            )
        return f"{self.regions[region]}{text}部"

    def person(self, index: int) -> str:
        """The index-th person of a fixed shuffled list; distinct for the first few thousand."""
        pairs = len(self.surnames) * len(self.given_names)
        number = index * 3907 % pairs  # a prime step visits every pair once
        surname = self.surnames[number % len(self.surnames)]
        given = self.given_names[number // len(self.surnames)]
        name = f"{given} {surname}" if self.spaced else surname + given
        return name if index < pairs else f"{name}{index // pairs + 1}"

    def firms(self, regions: np.ndarray, rng: np.random.Generator) -> list[str]:
        """One distinct firm name per entry of `regions`, seated in a city of that region."""
        words, kinds, suffixes = self.firm_words, self.firm_kinds, self.firm_suffixes
        draws = rng.random((len(regions), 4))
        gap = " " if self.spaced else ""
        seen: dict[str, int] = {}
        names = []
        for region, (a, b, c, d) in zip(regions.tolist(), draws.tolist(), strict=True):
            cities = self.region_cities[region % len(self.region_cities)]
            city = cities[int(a * len(cities))]
            word = words[int(b * len(words))]
            kind = kinds[int(c * len(kinds))]
            suffix = suffixes[int(d * len(suffixes))]
            stem = gap.join((city, word, kind))
            count = seen.get(stem, 0)
            seen[stem] = count + 1
            if count:  # two characters more, so that no two customers share a name
                extra = words[(int(b * len(words)) + count) % len(words)]
                stem = gap.join((city, word, extra, kind))
                again = seen.get(stem, 0)
                seen[stem] = again + 1
                if again:
                    stem = f"{stem}{gap}{again + 1}"
            names.append(stem + gap + suffix)
        return names
