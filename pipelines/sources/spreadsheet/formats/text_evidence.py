"""What the letters of a text say about its encoding, where no byte order mark and no UTF-8 says it.

Add here: another code page, and the letters of languages written in it. Keep out: decoding (`csv_text.py`).

A wrong guess corrupts names without a word, so evidence decides or nobody does: bytes in pairs that make
common Chinese characters, or single bytes whose words only one code page spells with the letters of a
language. Words that two code pages spell (Hélène and Hélčne) go by what can be spoken: vowels stand between
consonants.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass

# Languages by code page: their letters that ASCII lacks.
_LANGUAGES = {
    "windows-1252": (
        "äöüß éàâçèêëîïôûùüÿœæ áéíóúüñ áâãàçéêíóôõúü àèéìòóù åäö åæøéóôüö éëïöüèáíóúôê áðéíóúýþæö àçèéíòóúï"
    ),
    "windows-1250": "ąćęłńóśźż áčďéěíňóřšťúůýž áäčďéíĺľňóôŕšťúýž áéíóöőúüű ăâîşţ čćđšž čšž äöüß",
    "windows-1254": "çğıöşüâîû",
    "windows-1257": "ąčęėįšųūž āčēģīķļņšūž äõöüšž",
}
_ONLY_ALONE = "windows-1257"  # the rarest: counts where no other fits
_ALPHABETS = {page: [set(one) for one in told.split()] for page, told in _LANGUAGES.items()}
_VOWELS = set("aeiouyäöüéàâèêëîïôûùÿœæáíóúãõìòåøąęěůýőűăčıėįųūāēī") - {"č"}
_ODD = re.compile("ń[aeiou]|ăo|ő[aeo]")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_SAMPLE, _MOST_WORDS, _TIMES_MORE = 8 * 1024 * 1024, 3000, 3

# High bytes in pairs of the plane that Chinese text is written in; one of them between Latin letters or
# at the end of a word.
_PAIRS = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe]){2,}")
_ALONE = re.compile(
    rb"(?<=[A-Za-z])[\x8c-\xff](?=[a-z,;\t\s\"]|$)|(?<![\x80-\xff])[\x8a-\xdf](?=[a-z]{2})"
)
_COMMON = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
_LEAST_COMMON = 0.6  # nine of ten characters of real text are; of bytes read wrongly every third


@dataclass(frozen=True)
class Evidence:
    """`encoding` fits best; None if nothing does. `doubt` holds a word as two code pages spell it."""

    encoding: str | None
    doubt: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def evidence_of(data: bytes) -> Evidence:
    """The encoding that text which is not UTF-8 shows."""
    sample = _sample(data)
    pairs = sum(1 for _ in _PAIRS.finditer(sample))
    alone = sum(1 for _ in _ALONE.finditer(sample))
    if alone > 4 * pairs:
        return _western(sample)
    if pairs and alone > pairs / 4:
        return Evidence(None, others=("gb18030", "windows-1252"))
    return Evidence("gb18030") if _is_chinese(sample) else Evidence(None)


def _sample(data: bytes) -> bytes:
    """Some megabytes from the first line with a high byte on."""
    if len(data) <= _SAMPLE:
        return data
    high = re.search(rb"[\x80-\xff]", data)
    start = data.rfind(b"\n", 0, high.start()) + 1 if high else 0
    end = data.rfind(b"\n", start, start + _SAMPLE)
    return data[start : end if end > start else start + _SAMPLE]


def _is_chinese(sample: bytes) -> bool:
    """Whether the pairs make common characters. Cyrillic, Greek, Japanese and Big5 text makes odd ones;
    Korean makes common ones, all of them from the first third of the table.
    """
    read = sample.decode("gb18030", "ignore")
    kana = sum(1 for char in read if "\u3041" <= char <= "\u30fe")
    written = [char for char in read if char >= "\u2e80" and not "\u3000" <= char <= "\u303f"]
    written = [char for char in written if not "\uff00" <= char <= "\uffef"]
    known = "".join(written).encode("gb2312", "ignore")
    common = _COMMON.findall(known)
    if not written:
        return True
    if (
        len(written) < 3
    ):  # a rare character or two; letters of other scripts have both bytes above this
        return not re.search(rb"[\xc0-\xff]{2}", sample)
    if kana > len(written) / 20:
        return False
    if len(common) >= 20 and max(common) < b"\xc9\xa1":
        return False
    return len(common) >= _LEAST_COMMON * len(written)


def _western(sample: bytes) -> Evidence:
    votes: Counter[str] = Counter()
    doubts: list[dict[str, str]] = []
    words = Counter(match.group() for match in _WORD.finditer(sample))
    for word, _ in words.most_common(_MOST_WORDS):
        spelled = _spellings(word)
        if len({word.decode(page, "replace") for page in _ALPHABETS}) == 1:
            continue
        best = _best(spelled)
        if len(best) == 1:
            votes[best[0]] += 1
        elif len({spelled[page] for page in best}) > 1:
            doubts.append({page: spelled[page] for page in best})
    ranked = votes.most_common()
    first = ranked[0][0] if ranked else "windows-1252"
    if len(ranked) > 1 and ranked[0][1] < _TIMES_MORE * ranked[1][1]:
        second = ranked[1][0]
        return Evidence(first, _shown(words, first, second), (second,))
    if not ranked and doubts:
        pages = list(doubts[0])
        first = "windows-1252" if "windows-1252" in pages else pages[0]
        rest = tuple(page for page in pages if page != first)
        return Evidence(first, tuple(doubts[0][page] for page in (first, *rest)), rest)
    return Evidence(first)


def _spellings(word: bytes) -> dict[str, str]:
    """The word in every code page that has a language with all of its letters."""
    found = {}
    for page, alphabets in _ALPHABETS.items():
        try:
            read = word.decode(page)
        except UnicodeDecodeError:
            continue
        special = {char for char in read.lower() if char > "\x7f"}
        if any(special <= alphabet for alphabet in alphabets):
            found[page] = read
    if len(found) > 1:
        found.pop(_ONLY_ALONE, None)
    return found


def _best(spelled: dict[str, str]) -> list[str]:
    """The code pages whose spelling can be spoken best; one alone if the rest spells as it does."""
    spoken = {page: _changes(read) for page, read in spelled.items()}
    most = max(spoken.values(), default=0)
    return [page for page, changes in spoken.items() if changes == most]


def _changes(word: str) -> int:
    """How often vowel and consonant take turns; ńa, ăo and őe are hardly ever written."""
    kinds = [char in _VOWELS for char in word.lower()]
    odd = len(_ODD.findall(word.lower()))
    return sum(one != other for one, other in itertools.pairwise(kinds)) - 2 * odd


def _shown(words: Counter[bytes], first: str, second: str) -> tuple[str, ...]:
    """A word that the two spell differently, in both spellings."""
    for word in words:
        one, other = word.decode(first, "replace"), word.decode(second, "replace")
        if one != other:
            return one, other
    return ()
