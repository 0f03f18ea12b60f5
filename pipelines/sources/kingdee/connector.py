"""A Kingdee site as a source: which forms are read in which order, and what a check finds.

Add here: what concerns the source as a whole. Keep out: one form (`reading.py`) and one request
(`site.py`).

Assumptions, where the interface does not say: a session ends when the site says so; any date of a
bill may stay when it changes, so the dates are joined by `or` with a day's overlap and all keys are
swept; the forms of the CRM module answer only where it is licensed, so each is optional, and its
keys are probed (`forms.py`); base data has a copy for each organisation that uses it, which staging
joins by number; times are those of the server's clock, whose offset it names at login.
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
from pipelines.sources.failed_checks import not_looked_at
from pipelines.sources.http import LoginMemory, Refusal, RetryPolicy
from pipelines.sources.kingdee.answers import NO_RIGHT
from pipelines.sources.kingdee.checking import findings
from pipelines.sources.kingdee.forms import FORMS, TABLES, FieldsOfForm, Form
from pipelines.sources.kingdee.options import options_of
from pipelines.sources.kingdee.reading import plan, read
from pipelines.sources.kingdee.site import Site
from pipelines.sources.protocol import NOTHING_YET, Batch, Extract, Finding, Previous, Rejection
from pipelines.sources.records import Cursor
from pipelines.sources.records.emptied import watched


class KingdeeConnector:
    """One site. `auth`: acct_id, user_name, app_id and app_secret.

    Raises `ConfigurationError` for options that are wrong. `retry` and `sleep` are for tests that
    cannot wait.
    """

    def __init__(
        self,
        source: Source,
        settings: Settings,
        *,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.source, self.options = source, options_of(source)
        self._stages = {
            row.source_stage for row in settings.stages if row.source in ("*", source.name)
        }
        self._retry, self._sleep, self._data_dir = retry, sleep, settings.data_dir

    def tables(self) -> Mapping[str, pa.Schema]:
        """The raw tables; all of them, whether the site has the form or not."""
        return TABLES

    def extract(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        """Every form: base data whole, bills as far as they changed. See `Connector`."""
        items = self._items(previous, upto)
        yield from watched(items, previous, self.source.name, self.options, upto)

    def _items(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        # The site's clock has whole seconds; cutting down reads the rest of this one next time.
        upto = upto.astimezone(dt.UTC).replace(microsecond=0)
        site = self._site(self._retry)
        with site.client:
            zone = site.zone()
            for form in self.forms():
                last = Cursor.read(previous.cursor(form.table))
                fields = _seen(site, form)
                if isinstance(fields, Text):
                    yield _missing(site, form, last, fields)
                    continue
                yield from read(site, plan(site, form, fields, last, upto, zone))

    def check(self, previous: Previous = NOTHING_YET) -> list[Finding]:
        """Whether one can log in, what is visible and what is missing, in an administrator's words."""
        try:
            site = self._site(self._retry or RetryPolicy(tries=2), once_more=True)
            with site.client:
                return findings(site, self.forms(), self._stages, previous)
        except (Failure, ConfigurationError) as failure:
            return not_looked_at(self.source.name, failure)

    def _site(self, retry: RetryPolicy | None, *, once_more: bool = False) -> Site:
        memory = LoginMemory(self.source, self._data_dir, once_more=once_more)
        return Site(self.source, self.options, retry=retry, memory=memory, sleep=self._sleep)

    def forms(self) -> list[Form]:
        """What is read, as the company's options say."""
        return [form for form in map(self.options.form, FORMS) if form is not None]


def _seen(site: Site, form: Form) -> FieldsOfForm | Text:
    """The form's fields, or why the user does not see them."""
    try:
        fields = site.fields(form.form_id)
    except Refusal as refusal:
        if refusal.code != NO_RIGHT:
            raise
        return text("sources.kingdee.integration_user_has_no_right")
    return text("sources.kingdee.form_not_on_site") if fields is None else fields


def _missing(site: Site, form: Form, last: Cursor | None, why: Text) -> Extract:
    """The extract of a form that is not there. Raises if it must be, or was before."""
    if not form.optional or (last is not None and last.extra.get("columns")):
        raise PermanentFailure(
            text("sources.kingdee.could_not_read", form_id=form.form_id, source=site.name),
            where=form.form_id,
            cause=text("sources.object_why.before", why=why) if last else why,
            next_step=text(
                "sources.kingdee.grant_integration_user_right_query", form_id=form.form_id
            ),
        )
    cursor = replace(last, full_at=None).text() if last else None
    told = text("sources.object_why", name=form.form_id, why=why)
    return Extract(form.table, cursor=cursor, message=told)
