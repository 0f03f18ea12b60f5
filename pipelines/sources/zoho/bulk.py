"""Bulk Read: a job, its waiting, its zip with one CSV.

Add here: nothing but jobs. Keep out: when the bulk route is taken (`loading.py`).

Not documented: when `page_token` takes the place of page numbers; it is used where a result gives
one. Jobs of an organisation run one after another, so a waiting one is not broken.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.failures import TransientFailure
from pipelines.language import Said, text
from pipelines.sources.http import Refusal
from pipelines.sources.zoho.answers import GONE
from pipelines.sources.zoho.metadata import Plan
from pipelines.sources.zoho.modules import STAMP
from pipelines.sources.zoho.session import Session

_ZIPS = ("application/zip", "application/x-download", "application/octet-stream")
_RUNNING = {"ADDED", "QUEUED", "IN PROGRESS"}
_POLL = 3.0
_LARGEST_SHEET = 2 * 1024**3  # unpacked; a bomb, not a result, is larger
_TRIES = 2
# Codes with which a job is refused for good: the module is then read by pages.
UNSUITED = {
    "MODULE_NOT_SUPPORTED",
    "MODULE_NOT_AVAILABLE",
    "FIELD_NOT_AVAILABLE",
    "FIELD_NOT_SUPPORTED",
    "FIELD_IN_CRITERIA_NOT_SUPPORTED",
    "OAUTH_SCOPE_MISMATCH",
    "NO_PERMISSION",
}


@dataclass(frozen=True)
class Sheet:
    """One result: the CSV, and how many records Zoho says are in it."""

    content: bytes
    count: int


class BulkRead:
    """Jobs for one module. The first one is created by the constructor, which raises `Refusal`."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        since: dt.datetime | None = None,
        upto: dt.datetime | None = None,
    ) -> None:
        self._session, self._plan = session, plan
        self._criteria = _between(since, upto)
        self._tried = text("sources.zoho.could_not_read_in_bulk", name=plan.module.name)
        self._first = self._create({"page": 1})

    def sheets(self) -> Iterator[Sheet]:
        """All results, in order. Raises `TransientFailure` if a job fails or takes too long."""
        page, place, job = 1, {"page": 1}, self._first
        while True:
            result, content = self._result(job, place)
            yield Sheet(content, int(result["count"]))
            if not result.get("more_records"):
                return
            page += 1
            token = result.get("next_page_token")
            place = {"page_token": token} if token else {"page": page}
            job = self._create(place)

    def _create(self, place: dict[str, Any]) -> str:
        query: dict[str, Any] = {
            "module": {"api_name": self._plan.module.name},
            "fields": ["id", *self._plan.names],
            **place,
        }
        if self._criteria:
            query["criteria"] = self._criteria
        content = self._session.post(
            "read", {"query": query}, expect={"data": list}, tried=self._tried, bulk=True
        )
        try:
            return str(int(content["data"][0]["details"]["id"]))  # type: ignore[index]
        except (TypeError, LookupError, ValueError):
            raise self._failure(text("sources.zoho.answer_names_no_job")) from None

    def _result(self, job: str, place: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """A job's result; a job that failed or has vanished is set up once more."""
        for attempt in range(_TRIES):
            try:
                result = self._finished(job)
                if result is not None:
                    return result, self._unpacked(job)
            except Refusal as refusal:
                if refusal.code not in GONE:
                    raise
            if attempt + 1 < _TRIES:
                job = self._create(place)
        raise self._failure(text("sources.zoho.job_failed_its_result_was"))

    def _finished(self, job: str) -> dict[str, Any] | None:
        """The result's description, None if the job failed."""
        waited, deadline = 0.0, self._session.options.bulk_deadline_minutes * 60
        while True:
            content = self._session.get(
                f"read/{job}", expect={"data": list}, tried=self._tried, bulk=True
            )
            told = content["data"][0] if content and content["data"] else {}
            state = told.get("state")
            if state == "COMPLETED":
                result = told.get("result")
                if not isinstance(result, dict) or not isinstance(result.get("count"), int):
                    raise self._failure(text("sources.zoho.finished_job_without_its_result"))
                return result
            if state not in _RUNNING:
                return None
            if waited >= deadline:
                raise self._failure(
                    text(
                        "sources.zoho.job_still_after_minutes",
                        state=state,
                        waited=f"{waited / 60:.0f}",
                    )
                )
            self._session.sleep(_POLL)
            waited += _POLL

    def _unpacked(self, job: str) -> bytes:
        self._session.downloads.acquire()
        reply = self._session.client.get_bytes(
            self._session.path(f"read/{job}/result", bulk=True),
            content_types=_ZIPS,
            tried=self._tried,
        )
        try:
            with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
                sheets = [i for i in archive.infolist() if i.filename.lower().endswith(".csv")]
                if len(sheets) != 1 or sheets[0].file_size > _LARGEST_SHEET:
                    raise self._failure(text("sources.zoho.result_not_one_csv_credible"))
                content = archive.read(sheets[0])
        except zipfile.BadZipFile:
            raise self._failure(text("sources.zoho.result_damaged_zip")) from None
        # Zoho heads the first column `Id`, however it was asked for.
        return b"Id" + content[2:] if content[:2].lower() == b"id" else content

    def _failure(self, cause: Said) -> TransientFailure:
        return TransientFailure(
            self._tried,
            where=self._session.client.base_url,
            cause=cause,
            next_step=text("sources.zoho.run_again"),
        )


def _between(since: dt.datetime | None, upto: dt.datetime | None) -> dict[str, Any] | None:
    group = [
        {"field": {"api_name": STAMP}, "comparator": comparator, "value": _text(moment)}
        for comparator, moment in (("greater_equal", since), ("less_than", upto))
        if moment is not None
    ]
    if len(group) > 1:
        return {"group_operator": "and", "group": group}
    return group[0] if group else None


def _text(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")
