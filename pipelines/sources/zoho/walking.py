"""Records of a module by pages that cannot lose one, whatever is edited or deleted meanwhile.

Add here: nothing but the walk. Keep out: what becomes of the records (`loading.py`), Bulk Read.

A walk in the order of `Modified_Time` is not a snapshot: an edited record moves to the end, those
behind it move up, and a page counted by position would skip one of them. So each page is asked for by
value: everything changed since one second before the last record of the page before. Records that
come again by that are dropped. Only where a whole page lies within two seconds (a mass update) are
Zoho's page tokens followed, over and over until a pass brings nothing new.

Not documented: whether the filter is exact to the second, which the second of overlap covers, and
whether a token means a position or a value, which the repeated pass covers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import Said, text
from pipelines.sources.http import Refusal
from pipelines.sources.records import PageGuard
from pipelines.sources.zoho.answers import STALE_PAGE
from pipelines.sources.zoho.metadata import Plan
from pipelines.sources.zoho.modules import STAMP
from pipelines.sources.zoho.seen import Seen
from pipelines.sources.zoho.session import Session

Records = list[dict[str, Any]]
_SECOND = dt.timedelta(seconds=1)
_MOST_PASSES = 6


class Walk:
    """One walk over a module.

    `reached`: everything changed before it has been read. `halted`: the walk ended early because it
    became longer than it may; what is left begins at `reached`.
    """

    def __init__(self, session: Session, plan: Plan, seen: Seen) -> None:
        self._session, self._plan, self._seen = session, plan, seen
        self.reached: dt.datetime | None = None
        self.halted = False
        self._size = session.options.page_size
        self._most: int | None = None
        self._last: dt.datetime | None = None
        self._more = False
        self._token: str | None = None

    def pages(self, since: dt.datetime | None, most: int | None = None) -> Iterator[Records]:
        """Pages of versions that have not come yet, oldest change first; `since` None: from the start.

        Halts once more than `most` records have come. Raises `Refusal`, or `TransientFailure` if the pages make no sense.
        """
        self.reached, self._most, self.halted = since, most, False
        while True:
            page = self._page(None)
            if page:
                yield page
            if not self._more or self._halts():
                return
            assert self._last is not None
            after = self._last - _SECOND
            if self.reached is None or after > self.reached:
                self.reached = after
                continue
            yield from self._crowd()
            if not self._more or self.halted:
                return
            assert self._last is not None
            self.reached = self._last - _SECOND

    def first(self, most: int) -> Records:
        """The first page alone, of at most so many records."""
        self._size = min(self._size, most)
        return self._page(None)

    def _crowd(self) -> Iterator[Records]:
        """All records changed within two seconds from `reached` on, and the rest of that page."""
        assert self.reached is not None
        for _ in range(_MOST_PASSES):
            known = len(self._seen)
            guard: PageGuard[str] = PageGuard(
                text("sources.pages.of", object=self._plan.module.name, source="Zoho CRM")
            )
            token: str | None = None
            try:
                while True:
                    page = self._page(token, guard)
                    if page:
                        yield page
                    over = self._last is not None and self._last - _SECOND > self.reached
                    if over or not self._more:
                        break
                    if self._halts():
                        return
                    token = self._token
                    if not token:
                        raise self._failure(text("sources.zoho.more_records_are_announced_but"))
                    guard.marker(token)
            except Refusal as refusal:
                if refusal.code not in STALE_PAGE:
                    raise
                continue  # the token is dead: the pass begins again
            if len(self._seen) == known:
                return
        raise self._failure(text("sources.zoho.records_one_second_kept_changing"))

    def _halts(self) -> bool:
        self.halted = self._most is not None and self._seen.records > self._most
        return self.halted

    def _page(self, token: str | None, guard: PageGuard[str] | None = None) -> Records:
        plan = self._plan
        params = {
            "fields": ",".join(plan.names),
            "per_page": self._size,
            "sort_by": STAMP,
            "sort_order": "asc",
            **plan.module.params,
            "page_token": token,
        }
        headers = {}
        if self.reached is not None:
            headers["If-Modified-Since"] = self.reached.isoformat(timespec="seconds")
        content = self._session.get(
            plan.module.name,
            params,
            expect={"data": list, "info": dict},
            headers=headers,
            tried=text("sources.zoho.could_not_read_module", name=plan.module.name),
        )
        if content is None:
            self._more = False
            return []
        data, info = content["data"], content["info"]
        self._more, self._token = bool(info.get("more_records")), info.get("next_page_token")
        if not data:
            if self._more:
                raise self._failure(text("sources.zoho.empty_page_though_more_records"))
            return []
        moments = self._moments(data)
        ids = [str(record.get("id")) for record in data]
        if guard is not None:
            guard.new([f"{key} {moment}" for key, moment in zip(ids, moments, strict=True)])
        self._last = moments[-1]
        positions = self._seen.new(ids, [int(moment.timestamp()) for moment in moments])
        return data if len(positions) == len(data) else [data[place] for place in positions]

    def _moments(self, data: Records) -> Sequence[dt.datetime]:
        """Times of change in UTC: offsets differ from record to record, so texts cannot be compared."""
        moments: list[dt.datetime] = []
        for record in data:
            try:
                moments.append(dt.datetime.fromisoformat(record[STAMP]).astimezone(dt.UTC))
            except (KeyError, TypeError, ValueError, AttributeError):
                raise PermanentFailure(
                    text("sources.zoho.could_not_read_module", name=self._plan.module.name),
                    cause=text("sources.zoho.record_without_readable", STAMP=STAMP),
                    next_step=text("sources.zoho.give_integration_user_right_view"),
                ) from None
        if any(later < earlier for earlier, later in zip(moments, moments[1:], strict=False)):
            raise self._failure(text("sources.zoho.records_are_not_order", STAMP=STAMP))
        return moments

    def _failure(self, cause: Said) -> TransientFailure:
        return TransientFailure(
            text("sources.zoho.could_not_read_all_pages", name=self._plan.module.name),
            where=self._session.client.base_url,
            cause=cause,
            next_step=text("sources.zoho.run_again"),
        )
