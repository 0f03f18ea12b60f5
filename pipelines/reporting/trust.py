"""Can the figures be believed: checks that failed, feeds that are late.

Add here: a figure about data quality or freshness. Keep out: the checks themselves (`quality/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.language import stored
from pipelines.reporting.marts import Marts, Row


@dataclass(frozen=True)
class Check:
    """A check of the last audit that did not pass; the sentences name examples."""

    name: str
    subject: str
    severity: str
    failed_rows: int | None
    sentences: Mapping[str, str]  # by language

    def sentence(self, language: str) -> str:
        """What was found, in that language."""
        return self.sentences.get(language, "")


@dataclass(frozen=True)
class Feed:
    """One source and entity: when it was loaded and how it stands."""

    source: str
    entity: str
    last_loaded: str
    newest_record: str
    rows: int | None
    rows_previous: int | None
    state: str

    @property
    def is_late(self) -> bool:
        """Late or worse. A feed that is empty was never promised and is not late."""
        return self.state not in ("fresh", "empty")

    @property
    def is_untrusted(self) -> bool:
        """Figures that stand on it are in doubt; one that is merely late is only reported."""
        return self.state not in ("fresh", "empty", "late")


@dataclass(frozen=True)
class Trust:
    """What the audit and the feeds say. `untrusted` holds entities whose figures are in doubt."""

    checks_run: int = 0
    failed: tuple[Check, ...] = ()
    feeds: tuple[Feed, ...] = ()
    untrusted: frozenset[str] = field(default_factory=frozenset)


SEVERITIES = {"error": 0, "critical": 0, "warning": 1, "warn": 1}


def read_trust(marts: Marts) -> Trust:
    """The last run of the audit, and the state of every feed."""
    checks = marts.rows(
        "rpt_data_quality",
        "check subject severity passed failed_rows sample:varchar message_zh message_en other_languages",
        f"ran_at = (select max(ran_at) from {marts.name('rpt_data_quality')})"
        if marts.has("rpt_data_quality")
        else "true",
        order='severity, subject, "check"',
    )
    failed = [
        Check(
            name=row["check"],
            subject=row["subject"] or "",
            severity=row["severity"] or "",
            failed_rows=row["failed_rows"],
            sentences={
                language: said or _plain(row)
                for language, said in stored.in_each(row, "message").items()
            },
        )
        for row in checks
        if row["passed"] is False
    ]
    feeds = tuple(
        Feed(
            source=row["source"],
            entity=row["entity"],
            last_loaded=_minute(row["last_loaded_at"]),
            newest_record=_minute(row["newest_record_at"])[:10],
            rows=row["rows"],
            rows_previous=row["rows_previous"],
            state=row["state"] or "",
        )
        for row in marts.rows(
            "rpt_freshness",
            "source entity last_loaded_at:varchar newest_record_at:varchar rows rows_previous "
            "state",
            order="source, entity",
        )
    )
    return Trust(
        checks_run=len(checks),
        failed=tuple(sorted(failed, key=lambda check: SEVERITIES.get(check.severity, 2))),
        feeds=feeds,
        untrusted=frozenset(feed.entity for feed in feeds if feed.is_untrusted),
    )


def _plain(row: Row) -> str:
    """The check's name and examples, for a check that brings no sentence."""
    return f"{row['check']}: {row['sample']}" if row["sample"] else str(row["check"])


def _minute(text: str | None) -> str:
    """A timestamp's text up to the minute, in the session's zone."""
    return (text or "")[:16]
