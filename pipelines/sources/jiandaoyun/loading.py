"""One form, one night: what has changed, which ids are left, and where the next night begins.

Add here: a rule of loading a form. Keep out: requests (`api.py`) and values (`records.py`).

Pages come in the order of creation, not of change: a record that is edited behind the page in hand
is seen by the next run only. So the next run begins at this run's upper bound less the overlap,
never at the newest change that was seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.failures import TransientFailure
from pipelines.language import Text, text
from pipelines.sources.http import Refusal
from pipelines.sources.jiandaoyun.api import Api, Row, updated_since
from pipelines.sources.jiandaoyun.form_types import FormTypes, stop_at_unused, types_of_form
from pipelines.sources.jiandaoyun.mapping import Mapped, Remembered, drift, resolve
from pipelines.sources.jiandaoyun.matching import Found
from pipelines.sources.jiandaoyun.options import FormOptions, Options
from pipelines.sources.jiandaoyun.records import Reader, Rows, live_ids
from pipelines.sources.protocol import (
    Batch,
    Extract,
    Previous,
    Rejection,
    joined,
)
from pipelines.sources.records import Cursor

_LEAST_SHARE = 0.8  # fewer ids than that are a lost right or a wrong form before they are deletions
_FEW = 20  # but of a handful of records some may well go in a night
_WORKS, _FAILS, _UNKNOWN = "works", "fails", "unknown"


@dataclass(frozen=True)
class Plan:
    """A form that is going to be read: where it is and what its widgets mean."""

    found: Found
    own: FormOptions
    mapped: Mapped
    types: FormTypes | None = None  # None: records of all types count

    @property
    def fields(self) -> list[str]:
        """Names to ask for."""
        return [*self.mapped.fields, *([self.types.key] if self.types else ())]

    @property
    def names(self) -> list[tuple[str, str, str | None]]:
        """What answers call the fields that are read."""
        read = [(item.column, item.key, item.child) for item in self.mapped.bounds]
        return [*read, ("", self.types.key if self.types else "", None)]

    @property
    def entity(self) -> str:
        return self.found.entity

    @property
    def fingerprint(self) -> str:
        own: tuple[Any, ...] = (
            sorted(self.own.constants.items()),
            sorted(self.own.units.items()),
        )
        if self.own.values:
            own = (*own, sorted((k, sorted(v.items())) for k, v in self.own.values.items()))
        if self.types:
            own = (*own, sorted(self.types.names), self.types.widget)
        return self.mapped.fingerprint(self.found.app_id, self.found.entry_id, own)


def remembered(previous: Previous, entity: str) -> Remembered:
    """What the last load read each column of a form from; empty before the first."""
    cursor = Cursor.read(previous.cursor(entity))
    known: Remembered = (cursor.extra.get("bound") if cursor else None) or {}
    return known


def plan_of(api: Api, options: Options, found: Found, remembered: Remembered | None = None) -> Plan:
    """Resolve a form's widgets, by what the last load knew of them. Raises `PermanentFailure` if required columns have none."""
    own = options.form(found.entity) or FormOptions()
    widgets, system = api.widgets(found.app_id, found.entry_id)
    where = f"form {found.name} ({found.entry_id})"
    mapped = resolve(found.entity, own, widgets, system, where, remembered)
    names = options.types_of(found.entity)
    return Plan(found, own, mapped, types_of_form(names, own, widgets, found.entity, where))


class FormLoad:
    """The load of one form. `members`: who its rows named, for the table of users."""

    def __init__(
        self, api: Api, options: Options, plan: Plan, previous: Previous, upto: dt.datetime
    ) -> None:
        self._api, self._options, self._plan, self._upto = api, options, plan, upto
        self._reader = Reader(plan.mapped, plan.own, ZoneInfo(options.timezone))
        self._before = previous.extracts.get((plan.entity, None))
        self._cursor = Cursor.read(previous.cursor(plan.entity))
        self._bound = _as_written(upto)
        self._others = 0  # records of types that do not count, perhaps of one that did

    @property
    def members(self) -> dict[str, Row]:
        return self._reader.members

    def run(self) -> Iterator[Batch | Rejection | Extract]:
        """The form's batches and rejections, the ids that are left, and its extract."""
        plan, cursor = self._plan, self._cursor
        earlier: dict[str, Any] = dict(cursor.extra) if cursor else {}
        since = self._since(earlier)
        works = self._probe() if since is None else _WORKS
        rows, ids = Rows(plan.entity), set[str]()
        condition = updated_since(since) if since else None
        for page in self._pages(plan.fields, condition):
            ids.update(row["_id"] for row in page)
            yield from rows.add(record for row in page for record in self._reader.records(row))
        yield from rows.rest()
        self._check_unchanged()
        remarks = self._remarks(earlier)
        known, missed = earlier.get("ids"), None
        if since is None or (known or 0) < self._options.sweep_up_to or self._others:
            asked = ["createTime", *([plan.types.key] if plan.types else ())]
            swept = {row["_id"] for page in self._pages(asked, None) for row in page}
            missed = len(swept - ids) if since is None else None
            if not swept and plan.types and self._others:
                place = (plan.found.app_id, plan.found.entry_id, plan.entity)
                stop_at_unused(self._api, self._api.client.name, plan.found.name, place, plan.types)
            # What another selection of types had is no measure.
            before_it = known if earlier.get("types") == _names(plan) else None
            lost = lost_too_many(before_it, len(swept), self._options)
            if lost:
                remarks.append(lost)
            else:
                known = len(swept)
                yield live_ids(plan.entity, sorted(swept))
        full_at = self._upto if since is None else (cursor.full_at if cursor else None)
        extra = {
            "mapping": plan.fingerprint,
            "bound": plan.mapped.remembered,
            "widgets": {key: list(item) for key, item in plan.mapped.widgets.items()},
            "ids": known,
            "filter": works,
            "types": _names(plan),
        }
        before = self._before.newest_record_at if self._before else None
        told = joined(remarks)
        yield Extract(
            plan.entity,
            cursor=Cursor(self._upto, full_at, extra).text(),
            rows=rows.rows,
            rejected_rows=rows.rejected,
            full=since is None,
            newest_record_at=max(filter(None, (rows.newest, before)), default=None),
            # There is no count to ask for; a second reading of all ids takes its place.
            source_rows=None if missed is None else rows.rows + rows.rejected + missed,
            message=told or None,
        )

    def _since(self, earlier: dict[str, Any]) -> str | None:
        """The first day of changes to ask for; None for a full load."""
        cursor, options = self._cursor, self._options
        if cursor is None or cursor.full_at is None or options.full:
            return None
        if earlier.get("mapping") != self._plan.fingerprint:
            return None
        if options.update_filter == "off":
            return None
        if options.update_filter == "probe" and earlier.get("filter") != _WORKS:
            return None
        if self._upto - cursor.full_at >= dt.timedelta(days=options.full_every_days):
            return None
        window = cursor.window(self._upto, dt.timedelta(days=options.overlap_days))
        return window.since.date().isoformat() if window.since else None

    def _probe(self) -> str:
        """Whether changes can be asked for: no manual says so, and unknown filters are ignored."""
        if self._options.update_filter != "probe":
            return _WORKS if self._options.update_filter == "on" else _FAILS
        found, tried = (
            self._plan.found,
            text("sources.could_not_try_filter", entity=self._plan.entity),
        )

        def any_since(day: str | None) -> bool:
            condition = updated_since(day) if day else None
            return bool(self._api.some(found.app_id, found.entry_id, condition, tried))

        try:
            if any_since("2099-01-01"):
                return _FAILS
            if any_since("2000-01-01"):
                return _WORKS
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            return _FAILS
        return _FAILS if any_since(None) else _UNKNOWN

    def _pages(self, fields: Collection[str], condition: Row | None) -> Iterator[list[Row]]:
        """Pages without what was created after the upper bound, and of the types that count."""
        found = self._plan.found
        pages = self._api.pages(
            found.app_id, found.entry_id, list(fields), condition, what=self._plan.entity
        )
        for page in pages:
            there = [row for row in page if not str(row.get("createTime") or "") > self._bound]
            if types := self._plan.types:
                every, there = len(there), [row for row in there if types.counts(row)]
                self._others += every - len(there)
            yield there

    def _check_unchanged(self) -> None:
        """An alias that is set while pages come renames the keys of the pages after it."""
        known = self._plan.mapped.remembered
        again = plan_of(self._api, self._options, self._plan.found, known)
        if self._plan.names != again.names:
            raise TransientFailure(
                text("sources.could_not_read_records", entity=self._plan.entity),
                where=f"form {self._plan.found.name} ({self._plan.found.entry_id})",
                cause=text("sources.jiandaoyun.form_s_fields_were_changed"),
                next_step=text("sources.jiandaoyun.run_again_when_nobody_edits"),
            )

    def _remarks(self, earlier: dict[str, Any]) -> list[Text]:
        mapped = self._plan.mapped
        remarks = drift(earlier["widgets"], mapped) if "widgets" in earlier else []
        if earlier.get("mapping") != self._plan.fingerprint and mapped.left_out:
            remarks.append(
                text("sources.jiandaoyun.columns_which_form_has_no", names=sorted(mapped.left_out))
            )
        return remarks


def _names(plan: Plan) -> list[str]:
    return sorted(plan.types.names) if plan.types else []


def lost_too_many(known: int | None, found: int, options: Options) -> Text | None:
    """Why ids that are missing are not believed to be deleted; None if they are."""
    if known is None or options.accept_deletions:
        return None
    if found >= known * _LEAST_SHARE or known - found <= _FEW:
        return None
    return text("sources.jiandaoyun.only_records_are_left_none", found=found, known=known)


def _as_written(moment: dt.datetime) -> str:
    """A moment as the system writes it, so that texts can be compared."""
    utc = moment.astimezone(dt.UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"
