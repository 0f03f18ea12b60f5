"""纷享销客 as a source: which objects are read in which order, and what a check finds.

Add here: what concerns the source as a whole. Keep out: one object (`reading.py`) and one request
(`tenant.py`).

Assumptions, where no manual says: where both modules of opportunities are active, 商机2.0 is the one in
use (`opportunity_object` says otherwise); stage history has no reading interface, so stages are known
from the versions of each night, the last move of a day with its exact time; goals may hold several
kinds of targets, so only rules that `goal_rules` names are read.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.failures import Failure, PermanentFailure
from pipelines.language import Text, text
from pipelines.settings import Settings
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.failed_checks import not_looked_at
from pipelines.sources.fxiaoke.checking import findings
from pipelines.sources.fxiaoke.comparing import swept_rows
from pipelines.sources.fxiaoke.objects import (
    CUSTOM_ENTITIES,
    DEPARTMENTS,
    GOAL_RULES,
    GOALS,
    NEW_OPPORTUNITY,
    OBJECTS,
    OLD_OPPORTUNITY,
    PEOPLE,
    TABLES,
    FxiaokeObject,
    custom_object,
)
from pipelines.sources.fxiaoke.options import options_of
from pipelines.sources.fxiaoke.people import rows_of_employees, with_regions
from pipelines.sources.fxiaoke.planning import plan
from pipelines.sources.fxiaoke.reading import read
from pipelines.sources.fxiaoke.selection import Described
from pipelines.sources.fxiaoke.tenant import Tenant
from pipelines.sources.http import LoginMemory, RetryPolicy
from pipelines.sources.protocol import (
    NOTHING_YET,
    Batch,
    Extract,
    Finding,
    Previous,
    Rejection,
    joined,
)
from pipelines.sources.records import Cursor
from pipelines.sources.records.emptied import watched

Item = Batch | Rejection | Extract
_INACTIVE = text("sources.fxiaoke.not_active_this_tenant")
_STRANGE_OWNERS = text("sources.fxiaoke.no_owner_among_users_their")
_ADDRESS_BOOK = text("sources.fxiaoke.employees_are_read_from_address")


class FxiaokeConnector:
    """One tenant. `auth`: app_id, app_secret, permanent_code.

    Raises `ConfigurationError` for options that are wrong. `retry`, `sleep` and `clock` (seconds,
    for limits and the life of tokens) are for tests.
    """

    def __init__(
        self,
        source: Source,
        settings: Settings,
        *,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source, self.options = source, options_of(source)
        self._stages = {
            row.source_stage for row in settings.stages if row.source in ("*", source.name)
        }
        self._retry, self._sleep, self._clock = retry, sleep, clock
        self._data_dir = settings.data_dir

    def tables(self) -> Mapping[str, pa.Schema]:
        """The raw tables; all of them, whether the tenant has the object or not."""
        return TABLES

    def extract(self, previous: Previous, upto: dt.datetime) -> Iterator[Item]:
        """Every object: whole at first and weekly, else what changed. See `Connector`."""
        items = self._items(previous, upto)
        yield from watched(items, previous, self.source.name, self.options, upto)

    def _items(self, previous: Previous, upto: dt.datetime) -> Iterator[Item]:
        upto = upto.astimezone(dt.UTC).replace(microsecond=0)
        tenant = self._tenant(self._retry)
        with tenant.client:
            listed = tenant.objects()
            users: set[str] = set()
            owners: set[str] = set()
            for item in self.objects(listed):
                last = Cursor.read(previous.cursor(item.table))
                for given in self._one(tenant, item, listed, last, upto):
                    if isinstance(given, Batch) and given.entity == PEOPLE.table:
                        users |= set(given.table["user_id"].to_pylist())
                    if isinstance(given, Batch) and given.entity == NEW_OPPORTUNITY.table:
                        owners |= set(given.table["owner_id"].to_pylist()) - {None}
                    strange = owners and users and owners.isdisjoint(users)
                    if isinstance(given, Extract) and given.entity == "opportunity" and strange:
                        told = joined([*_remarks(given), _STRANGE_OWNERS])
                        given = replace(given, message=told)
                    yield given

    def _one(
        self,
        tenant: Tenant,
        item: FxiaokeObject,
        listed: dict[str, bool] | None,
        last: Cursor | None,
        upto: dt.datetime,
    ) -> Iterator[Item]:
        if item.table == PEOPLE.table and self.options.people == "list":
            yield from self._address_book(tenant, upto)
            return
        # What cannot be listed may still be described; what is listed as inactive is not in use.
        inactive = listed is not None and listed.get(item.name) is False
        described = None if inactive else tenant.describe(item.name)
        if not isinstance(described, Described):
            if item.table == PEOPLE.table and self.options.people == "auto":
                yield from self._address_book(tenant, upto)
                return
            why = described.words if described else _INACTIVE
            yield missing_object(tenant, item, last, why)
            return
        job = plan(tenant, item, self.mapping(item), described, last, upto)
        rows = 0
        for given in read(tenant, job):
            if isinstance(given, Batch) and given.entity == DEPARTMENTS.table:
                given = replace(given, table=with_regions(given.table, self.options.regions))
            if isinstance(given, Extract) and given.entity == PEOPLE.table:
                rows = given.rows
                # Hidden from everybody, also from administrators, until support shows them.
                if not rows and self.options.people == "auto":
                    yield from self._address_book(tenant, upto)
                    return
            yield given
        if item is GOALS:
            pairs = self.options.goal_rules.items()
            records = [{"goal_rule_id": rule, "metric": metric} for rule, metric in pairs]
            yield Batch("goal_rule", pa.Table.from_pylist(records, schema=GOAL_RULES))

    def _address_book(self, tenant: Tenant, upto: dt.datetime) -> Iterator[Item]:
        page = rows_of_employees(tenant.employees())
        yield from page.rejections
        yield Batch(PEOPLE.table, page.table)
        yield Batch("id_sweep", swept_rows(PEOPLE.table, page.table["id"].to_pylist()))
        yield Extract(
            PEOPLE.table,
            cursor=Cursor(upto, upto, {"object": "address book"}).text(),
            rows=page.table.num_rows,
            rejected_rows=len(page.rejections),
            source_rows=page.table.num_rows + len(page.rejections),
            message=_ADDRESS_BOOK,
        )

    def check(self, previous: Previous = NOTHING_YET) -> list[Finding]:
        """Whether one can log in, what is visible and what is missing, in an administrator's words."""
        try:
            tenant = self._tenant(self._retry or RetryPolicy(tries=2), once_more=True)
            with tenant.client:
                listed = tenant.objects()
                objects, known = self.objects(listed), previous
                return findings(tenant, objects, listed, self.mapping, self._stages, known)
        except (Failure, ConfigurationError) as failure:
            return not_looked_at(self.source.name, failure)

    def _tenant(self, retry: RetryPolicy | None, *, once_more: bool = False) -> Tenant:
        return Tenant(
            self.source,
            self.options,
            retry=retry,
            memory=LoginMemory(self.source, self._data_dir, once_more=once_more),
            sleep=self._sleep,
            clock=self._clock,
        )

    def objects(self, listed: dict[str, bool] | None) -> list[FxiaokeObject]:
        """What is read: the standard objects, with the company's own in their places."""
        left_out = {name for entity in self.options.objects for name in CUSTOM_ENTITIES[entity]}
        left_out |= set(self.options.skip)
        if not self.options.goal_rules:
            left_out.add(GOALS.name)
        chosen = self.options.opportunity_object
        if chosen == "auto":
            old = listed is not None and not listed.get(NEW_OPPORTUNITY.name)
            old = old and bool(listed and listed.get(OLD_OPPORTUNITY.name))
            chosen = "OpportunityObj" if old else "NewOpportunityObj"
        other = OLD_OPPORTUNITY if chosen == NEW_OPPORTUNITY.name else NEW_OPPORTUNITY
        left_out.add(other.name)
        own = [custom_object(entity, own.object) for entity, own in self.options.objects.items()]
        return [item for name, item in OBJECTS.items() if name not in left_out] + own

    def mapping(self, item: FxiaokeObject) -> dict[str, FieldRule]:
        """The company's mapping of canonical columns for an object."""
        entity = item.entity or ""
        if item.table.startswith("custom_"):
            return self.options.objects[entity].fields
        return self.options.fields.get(entity, {})


def _remarks(extract: Extract) -> list[Text]:
    return [extract.message] if isinstance(extract.message, Text) else []


def missing_object(tenant: Tenant, item: FxiaokeObject, last: Cursor | None, why: Text) -> Extract:
    """The extract of an object that cannot be read. Raises if it must be, or was read before."""
    if not item.optional or (last is not None and last.extra.get("columns")):
        raise PermanentFailure(
            text("sources.could_not_read_object", name=item.name, source=tenant.name),
            cause=text("sources.object_why.before", why=why) if last else why,
            next_step=text("sources.fxiaoke.give_acting_employee_user_id", name=item.name),
        )
    told = text("sources.object_why", name=item.name, why=why)
    cursor = last.text() if last else None
    return Extract(item.table, cursor=cursor, message=told)
