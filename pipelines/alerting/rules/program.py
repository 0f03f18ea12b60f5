"""Fingerprints of the code behind a level: an alert that other code no longer yields was no mistake in the data.

Add here: another place in which it is decided how figures are judged. Keep out: what one rule says of
itself (`Rule.version`).
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

_HERE = Path(__file__).parent.parent
_MODELS = _HERE.parent.parent / "dbt_project"
# What decides a level: an edit of sentences or tables makes nobody judge otherwise.
_DECIDES = (
    "conditions/*.py",
    "evaluation.py",
    "filtering/*.py",
    "judging/absences.py",
    "judging/distrust.py",
    "judging/episodes.py",
    "judging/panels.py",
    "judging/running.py",
    "judging/settled.py",
    "judging/states.py",
    "judging/voices.py",
    "rules/compound.py",
    "rules/rule.py",
    "rules/seconds.py",
    "series/*.py",
)
_FIGURES = ("models/**/*.sql", "macros/**/*.sql")


@functools.cache
def judge() -> str:
    """12 hex digits of the code that makes levels of figures."""
    return _digest(_HERE, _DECIDES)


@functools.cache
def judge_and_figures() -> str:
    """6 hex digits of that code and of the models that make the figures."""
    return hashlib.sha256(f"{judge()}{_digest(_MODELS, _FIGURES)}".encode()).hexdigest()[:6]


def _digest(folder: Path, patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
        digest.update(f"{path.relative_to(folder).as_posix()}\x1f".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
