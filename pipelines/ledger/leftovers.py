"""Episodes that the ledger has and tonight's evaluation has not, as rows of `fct_alerts`.

Add here: what becomes of such an episode, and what is still said of it. Keep out: recording it
(`episodes.py`), and what people did (`publishing.py`).

The marts are written before the ledger is, and the ledger follows them: what ends an episode is decided
here once, so that a reader and the ledger never disagree.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pipelines.language import stored, text
from pipelines.ledger.episode_frames import COLUMNS
from pipelines.ledger.models import Episode
from pipelines.ledger.transitions import PROPOSED_OUTCOME, Change

A_WEEK = 7
_DATES = ("since", "onset_first", "onset_last", "danger_on", "period_end")


@dataclass(frozen=True)
class RulesTonight:
    """What of the rules decides whether an episode that the evaluation does not yield has ended.

    `versions`: of every rule that tells, by name. `refused`: rules of the file that cannot be used.
    `unfed`: rules without a figure tonight. `titles`: by rule and language, for episodes without words.
    `renamed`: new name by the one under which the ledger may still have a rule.
    """

    versions: Mapping[str, str]
    refused: Collection[str] = ()
    unfed: Collection[str] = ()
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, episode: Episode) -> str:
        """What its rule is called tonight."""
        return self.renamed.get(episode.rule, episode.rule)

    def changed(self, episode: Episode) -> bool:
        """Whether the rule as it was recorded is gone: removed, silenced, renamed without a word of it, or
        judging otherwise, by other limits or by other code.
        """
        name = self.name_of(episode)
        return name not in self.refused and self.versions.get(name) != episode.rule_version


def end_of(episode: Episode, as_of: dt.date, rules: RulesTonight | None) -> Change | None:
    """What ends an open episode that the evaluation of `as_of` does not yield; None: it stays open.

    It stays while its rule cannot speak (unusable, no figures; `rules` None: nothing is known of them).
    A rule that changed since says nothing about the figure. A week that was still running when it opened
    an alert may end as it should: that is no mistake in the data but a recovery.
    """
    if rules is None or rules.name_of(episode) in rules.refused:
        return None
    if rules.changed(episode):
        return "rule_changed"
    if rules.name_of(episode) in rules.unfed:
        return None
    return "recovered" if dissolved(episode, as_of) else "withdrawn"


def dissolved(episode: Episode, as_of: dt.date) -> bool:
    """Whether a week that was still running when it opened the episode has ended as it should."""
    running = json.loads(episode.details or "{}").get("week_so_far") is not None
    return running and (as_of - episode.opened_on).days <= A_WEEK


def overruled(
    alerts: pd.DataFrame,
    known: Mapping[str, Episode],
    as_of: dt.date,
    rules: RulesTonight | None,
) -> dict[str, dt.date]:
    """By alert_id: given episodes that are no longer open only because their rule changed; the day of it.

    They stood open on a day on which the new rule says that they were over, or ended that way before.
    """
    found = {}
    for ident, state, closed in zip(
        alerts["alert_id"], alerts["state"], alerts["closed_on"], strict=True
    ):
        episode = known.get(str(ident))
        if episode is None or state == "open":
            continue
        if episode.withdrawn and episode.closed_on is not None and episode.closed_on <= as_of:
            found[str(ident)] = episode.closed_on
        elif (
            episode.state == "open"
            and rules is not None
            and rules.changed(episode)
            and pd.notna(closed)
            and pd.Timestamp(closed).date() <= episode.as_of <= as_of
        ):
            found[str(ident)] = as_of
    return found


def rows_of(
    episodes: Collection[Episode],
    given: pd.DataFrame,
    as_of: dt.date,
    rules: RulesTonight | None,
    ended: Collection[str] = (),
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows, by the columns of `given` and the ledger's, for episodes that are not given, in the order of
    their ids; and the proposed outcome of those that end tonight, by alert_id.

    Reported ones are there, withdrawn ones once they are, open ones, ended where tonight ends them, and
    those that a run of the day `ended`. Where no later day is recorded they come as that run found them, open.
    """
    rows, outcomes = [], {}
    columns = [*given.columns, *(name for name in COLUMNS if name not in given.columns)]
    for episode in episodes:
        end = None
        if episode.withdrawn:
            if episode.closed_on is None or episode.closed_on > as_of:
                continue
        elif episode.origin != "reported":
            if episode.as_of > as_of:
                continue
            if episode.state == "open":
                end = end_of(episode, as_of, rules)
            elif episode.alert_id not in ended:
                continue
        row = _row(episode, columns, rules)
        if end is not None:
            row["state"] = "recovered" if end == "recovered" else "closed"
            row["closed_on"] = row["as_of"] = as_of
            outcomes[episode.alert_id] = PROPOSED_OUTCOME[end]
        rows.append(row)
    _join_cases(rows, given)
    return pd.DataFrame(rows, columns=columns), outcomes


def _row(episode: Episode, columns: Collection[str], rules: RulesTonight | None) -> dict[str, Any]:
    """What was last said of it: the ledger's columns, and all that was published beside them."""
    said = json.loads(episode.details or "{}")
    row = {name: said.get(name) for name in columns}
    row |= {name: getattr(episode, name) for name in COLUMNS}
    by_hand = episode.origin == "reported"
    for name in _DATES:
        if row.get(name):
            row[name] = dt.date.fromisoformat(str(row[name])[:10])
    # What is reported by hand has a text alone, and an earlier release left others without their words.
    titles = rules.titles.get(rules.name_of(episode), {}) if rules else {}
    for language in stored.OWN_COLUMNS:
        title = text("notice.reported").into(language) if by_hand else titles.get(language)
        for name, instead in (
            (f"message_{language}", episode.message or episode.rule),
            (f"rule_title_{language}", title or episode.rule),
        ):
            if name in row:
                row[name] = row[name] or instead
    if by_hand:
        return row
    for name, value in (("mode", "alert"), ("since", episode.opened_on), ("dimension", "")):
        if name in row and row[name] is None:
            row[name] = value
    row["message"] = row["message"] or episode.rule
    return row


def _join_cases(rows: list[dict[str, Any]], given: pd.DataFrame) -> None:
    """One root for each case, which may have lost its own. Alters `rows`."""
    if "case_id" not in given or "role" not in given:
        return
    roots = given[given["role"] == "root"]
    root_of = dict(zip(roots["case_id"], roots["alert_id"], strict=True))
    for row in sorted(rows, key=lambda row: row["role"] != "root"):
        if row["case_id"]:
            root = root_of.setdefault(row["case_id"], row["alert_id"])
            own = root == row["alert_id"]
            row["role"], row["parent_alert_id"] = ("root", None) if own else ("symptom", root)
