"""Salesforce as a source: which objects are read in which order, and what a check finds.

Add here: what concerns the source as a whole. Keep out: one object (`reading.py`) and one request
(`queries.py`, `bulk.py`).

Assumptions, where the interface does not say: a token's end is unknown, so it is renewed when it is
refused; a record's stamp can become visible up to `overlap_minutes` late; aggregates over several
currencies are converted by the org, so amounts are then not compared; deletion logs may have gaps,
so a whole load every `full_every_days` days settles what was deleted, and refreshes formula fields,
whose changes move no stamp.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.failures import Failure
from pipelines.settings import Settings
from pipelines.sources.failed_checks import not_looked_at
from pipelines.sources.http import LoginMemory, RetryPolicy
from pipelines.sources.protocol import NOTHING_YET, Batch, Extract, Finding, Previous, Rejection
from pipelines.sources.records import Cursor
from pipelines.sources.records.emptied import watched
from pipelines.sources.salesforce.checking import findings
from pipelines.sources.salesforce.objects import OBJECTS, SalesforceObject
from pipelines.sources.salesforce.options import options_of
from pipelines.sources.salesforce.planning import plan
from pipelines.sources.salesforce.queries import Described, Org
from pipelines.sources.salesforce.reading import missing_object, read
from pipelines.sources.salesforce.regions import with_regions
from pipelines.sources.salesforce.selection import of_types, with_mapping
from pipelines.sources.salesforce.tables import CUSTOM_ENTITIES, TABLES, custom_object


class SalesforceConnector:
    """One org. `auth`: client_id and client_secret, or client_id, private_key and username.

    Raises `ConfigurationError` for options that are wrong. `retry` is for tests that cannot wait.
    """

    def __init__(
        self, source: Source, settings: Settings, *, retry: RetryPolicy | None = None
    ) -> None:
        self.source, self.options = source, options_of(source)
        self._zone = settings.company.timezone
        self._stages = {
            row.source_stage for row in settings.stages if row.source in ("*", source.name)
        }
        self._retry, self._data_dir = retry, settings.data_dir

    def tables(self) -> Mapping[str, pa.Schema]:
        """The raw tables; all of them, whether the org has the object or not."""
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
        # SOQL has whole seconds; cutting down means the rest of this second is read next time.
        upto = upto.astimezone(dt.UTC).replace(microsecond=0)
        org = self._org(self._retry)
        with org.client:
            if previous.extracts:
                org.spare()
            single_currency = True
            for item in self.objects():
                last = Cursor.read(previous.cursor(item.table))
                described = org.describe(item.name)
                if described is None:
                    yield missing_object(org, item, last)
                    continue
                if item.name == "Opportunity":
                    single_currency = "CurrencyIsoCode" not in described.fields
                job = plan(
                    org,
                    self.mapped(item, described),
                    described,
                    last,
                    upto,
                    single_currency=single_currency,
                )
                for given in read(org, job):
                    if isinstance(given, Batch) and given.entity == "user_role":
                        given = replace(
                            given, table=with_regions(given.table, self.options.regions)
                        )
                    yield given

    def check(self, previous: Previous = NOTHING_YET) -> list[Finding]:
        """Whether one can log in, what is visible and what is missing, in an administrator's words."""
        try:
            org = self._org(self._retry or RetryPolicy(tries=2), once_more=True)
            with org.client:
                return findings(org, self.objects(), self.mapped, self._stages, previous)
        except (Failure, ConfigurationError) as failure:
            return not_looked_at(self.source.name, failure)

    def _org(self, retry: RetryPolicy | None, *, once_more: bool = False) -> Org:
        memory = LoginMemory(self.source, self._data_dir, once_more=once_more)
        return Org(self.source, self.options, retry=retry, memory=memory)

    def objects(self) -> list[SalesforceObject]:
        """What is read: the standard objects, with the company's own in their places."""
        replaced = {name for entity in self.options.objects for name in CUSTOM_ENTITIES[entity]}
        own = [custom_object(entity, own.object) for entity, own in self.options.objects.items()]
        standard = [item for name, item in OBJECTS.items() if name not in replaced]
        if self.options.quota_type:
            only = f"ForecastingType.DeveloperName = '{self.options.quota_type}'"
            standard = [
                replace(item, where=only) if item.name == "ForecastingQuota" else item
                for item in standard
            ]
        return standard + own

    def mapped(self, item: SalesforceObject, described: Described) -> SalesforceObject:
        """The object with the company's mapping of canonical columns, and its record types."""
        entity = item.entity or ""
        if item.table.startswith("custom_"):
            mapping = self.options.objects[entity].fields
        else:
            mapping = self.options.fields.get(entity, {})
        item = with_mapping(item, mapping, described, self._zone)
        return of_types(item, self.options.types_of(entity), described, self.source.name)
