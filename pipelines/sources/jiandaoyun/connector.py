"""The 简道云 source as a whole: which forms are read, in which order.

Add here: the order of a run. Keep out: how one form is read (`loading.py`).
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.settings import Settings
from pipelines.sources.essentials import stop_without
from pipelines.sources.failed_checks import not_looked_at
from pipelines.sources.http import LoginMemory
from pipelines.sources.jiandaoyun.api import Api, Row
from pipelines.sources.jiandaoyun.checking import findings
from pipelines.sources.jiandaoyun.directory import load_directory
from pipelines.sources.jiandaoyun.forms import FORMS
from pipelines.sources.jiandaoyun.loading import FormLoad, plan_of, remembered
from pipelines.sources.jiandaoyun.matching import Forms
from pipelines.sources.jiandaoyun.options import options_of
from pipelines.sources.jiandaoyun.tables import SHAPES
from pipelines.sources.protocol import NOTHING_YET, Batch, Extract, Finding, Previous, Rejection
from pipelines.sources.records.emptied import watched

_REFERENCE = re.compile(r"\$\{(\w+)\}")


class JiandaoyunConnector:
    """One tenant of 简道云, or of a private installation (`base_url`).

    `auth.api_key` is the key; nothing expires and nothing is renewed, since the system documents
    neither. `sleep` is what waits between requests.
    """

    def __init__(
        self, source: Source, settings: Settings, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._source, self._sleep = source, sleep
        self._data_dir = settings.data_dir
        self._options = options_of(source)

    def tables(self) -> Mapping[str, pa.Schema]:
        return {name: shape.schema for name, shape in SHAPES.items()}

    def extract(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        """All forms whose widgets could be resolved, then teams and users.

        Every form is found and mapped before the first record is read, so that a form that was
        changed stops the load at once. Raises what `Connector.extract` says.
        """
        items = self._items(previous, upto)
        yield from watched(items, previous, self._source.name, self._options, upto)

    def _items(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        api, options = self._api(), self._options
        try:
            forms = Forms(api, options)
            before = {entity for entity, _ in previous.extracts}
            found = [forms.find(entity, before) for entity in FORMS]
            plans = [
                plan_of(api, options, form, remembered(previous, form.entity))
                for form in found
                if form
            ]
            for plan in plans:
                read = {item.column for item in plan.mapped.bounds} | set(plan.own.constants)
                form, accepted = f"{plan.found.name} ({plan.entity})", options.accept_missing
                stop_without(self._source.name, form, plan.entity, read, accepted)
            if not plans:
                raise PermanentFailure(
                    text("sources.could_not_read", name=self._source.name),
                    where=f"application {options.app_id}",
                    cause=text("sources.jiandaoyun.none_its_forms_one_crm"),
                    next_step=text("sources.jiandaoyun.enter_entry_id_forms_under"),
                )
            met: dict[str, Row] = {}
            for plan in plans:
                load = FormLoad(api, options, plan, previous, upto)
                yield from load.run()
                met = {**load.members, **met}
            yield from load_directory(api, options, previous, upto, met)
        finally:
            api.close()

    def check(self, previous: Previous = NOTHING_YET) -> list[Finding]:
        try:
            api = self._api(once_more=True)
        except ConfigurationError as error:
            return not_looked_at(text("sources.check.login"), error)
        try:
            return list(findings(api, self._options, previous))
        finally:
            api.close()

    def _api(self, *, once_more: bool = False) -> Api:
        source, options = self._source, self._options
        given = _REFERENCE.fullmatch(source.auth.get("api_key", ""))
        assert source.base_url is not None
        return Api(
            source.base_url,
            name=source.name,
            key=source.secret("api_key"),
            key_name=given.group(1) if given else f"{source.name}.auth.api_key",
            per_second=options.requests_per_second,
            page_size=options.page_size,
            private=options.private_network,
            memory=LoginMemory(source, self._data_dir, once_more=once_more),
            sleep=self._sleep,
        )
