"""What every text of this source must keep: Chinese that says what the English says.

Add here: what the Chinese must not leave out. Keep out: single texts.
"""

from __future__ import annotations

import re

CJK = re.compile("[\u4e00-\u9fff]")
# Words of English sentences, which no value, heading or setting of these tests is called.
ENGLISH = re.compile(r"\b(the|is|are|was|and|of|but|not|which|has|have|it|in|no)\b")
QUOTED = re.compile(r"(?<!\w)'([^']+)'(?!\w)")
ADDRESS = re.compile(r"[^\s(,;:]+![A-Z]*\d+")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
# What a library says of a broken file; it has English words only, and is left to the English text.
OTHERS_WORDS = re.compile(r"(?<=was cut off )\(.*?\)(?=\.|$)|(?<=cut into cells )\(.*?\)(?=;)")


def assert_in_both(en: str | None, zh: str | None) -> None:
    """The Chinese is Chinese, without English words, and has every value, address and number."""
    assert (en is None) == (zh is None), (en, zh)
    if en is None or zh is None:
        return
    assert CJK.search(zh), zh
    assert not ENGLISH.search(zh.replace("mail of", "")), zh  # as a sender's mail is filed
    en = OTHERS_WORDS.sub("", en)
    for wanted in (QUOTED, ADDRESS, NUMBER):
        for match in wanted.finditer(en):
            assert match.group(match.lastindex or 0) in zh, (match.group(0), en, zh)
