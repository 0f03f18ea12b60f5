"""销售易 as a source: which objects are read in which order, and what a check finds.

Add here: what concerns the source as a whole. Keep out: one object (`reading.py`), one request
(`tenant.py`).

Assumptions that only a tenant can confirm, and how they are met: hosts of a pod (`login_base_url`
and `base_url` are configured), page sizes (halved when refused, never relied on), fields of orders
(candidates, then `options.fields`), departments and activities open to queries (optional; a user's
department comes by its name as well), targets (no known object: `options.objects`), administrator's
view of all rows (`admin_criteria`, off), a locator's behaviour (counts decide, see `tenant.py`),
moments that do not move updatedAt (weekly whole load, see `reading.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import pyarrow as pa

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.failures import Failure
from pipelines.settings import Settings
from pipelines.sources.failed_checks import not_looked_at
from pipelines.sources.http import LoginMemory, Refusal, RetryPolicy
from pipelines.sources.neocrm.answers import NOT_THERE
from pipelines.sources.neocrm.checking import findings
from pipelines.sources.neocrm.history import TABLE, read_history
from pipelines.sources.neocrm.lists import read_lists
from pipelines.sources.neocrm.objects import (
    CUSTOM_ENTITIES,
    OBJECTS,
    TABLES,
    NeocrmObject,
    custom_object,
)
from pipelines.sources.neocrm.options import options_of
from pipelines.sources.neocrm.reading import missing_object, plan, read
from pipelines.sources.neocrm.selection import with_mapping
from pipelines.sources.neocrm.tenant import Tenant
from pipelines.sources.protocol import NOTHING_YET, Batch, Extract, Finding, Previous, Rejection
from pipelines.sources.records import Cursor
from pipelines.sources.records.emptied import watched


class NeocrmConnector:
    """One tenant. `auth`: client_id, client_secret, username, password, security_token, and
    redirect_uri if the connector (连接器) of the tenant wants it.

    Raises `ConfigurationError` for options that are wrong. `retry` is for tests that cannot wait.
    """

    def __init__(
        self, source: Source, settings: Settings, *, retry: RetryPolicy | None = None
    ) -> None:
        self.source, self.options = source, options_of(source)
        self._stages = {
            row.source_stage for row in settings.stages if row.source in ("*", source.name)
        }
        self._retry, self._data_dir = retry, settings.data_dir

    def tables(self) -> Mapping[str, pa.Schema]:
        """The raw tables; all of them, whether the tenant has the object or not."""
        return TABLES

    def extract(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        """Every object: whole at first and weekly, else what changed. See `Connector`."""
        items = self._items(previous, upto)
        yield from watched(items, previous, self.source.name, self.options, upto)

    def _items(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        # Stamps have milliseconds; cutting down means the rest of this one is read next time.
        upto = upto.astimezone(dt.UTC)
        upto = upto.replace(microsecond=upto.microsecond // 1_000 * 1_000)
        tenant = self._tenant(self._retry)
        with tenant.client:
            yield from read_lists(tenant, tenant.describe("opportunity"))
            for item in self.objects():
                yield from self._object(tenant, item, previous, upto)
            if self.options.history:
                yield from read_history(tenant, Cursor.read(previous.cursor(TABLE)), upto)

    def _object(
        self, tenant: Tenant, item: NeocrmObject, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        last = Cursor.read(previous.cursor(item.table))
        described = tenant.describe(item.name)
        try:
            # An object that is not described may still be open to queries, as users often are.
            job = plan(tenant, item, described, last, upto)
        except Refusal as refusal:
            if refusal.code not in NOT_THERE:
                raise
            yield missing_object(tenant, item, last, refusal.words)
            return
        yield from read(tenant, job)

    def check(self, previous: Previous = NOTHING_YET) -> list[Finding]:
        """Whether one can log in, what is visible and what is missing, in an administrator's words."""
        try:
            retry = self._retry or RetryPolicy(tries=3, base=1.0)
            tenant = self._tenant(retry, once_more=True)
            with tenant.client:
                return findings(tenant, self.source, self.objects(), self._stages, previous)
        except (Failure, ConfigurationError) as failure:
            return not_looked_at(self.source.name, failure)

    def _tenant(self, retry: RetryPolicy | None, *, once_more: bool = False) -> Tenant:
        memory = LoginMemory(self.source, self._data_dir, once_more=once_more)
        return Tenant(self.source, self.options, retry=retry, memory=memory)

    def objects(self) -> list[NeocrmObject]:
        """What is read: the standard objects, with the company's own in their places."""
        options = self.options
        replaced = {name for entity in options.objects for name in CUSTOM_ENTITIES[entity]}
        standard = [
            self._mapped(item)
            for name, item in OBJECTS.items()
            if name not in replaced and name not in options.skip
        ]
        own = [
            with_mapping(
                custom_object(entity, own.object), own.fields, must=True, zone=options.timezone
            )
            for entity, own in options.objects.items()
        ]
        return standard + own

    def _mapped(self, item: NeocrmObject) -> NeocrmObject:
        """The object with the mapping of its own name, then with that of its entity."""
        fields = self.options.fields
        zone = self.options.timezone
        item = with_mapping(item, fields.get(item.name, {}), must=True, zone=zone)
        # Activities are of two objects, and a field may well be in only one of them.
        only_one = item.entity != "activities"
        return with_mapping(item, fields.get(item.entity or "", {}), must=only_one, zone=zone)
