"""A Salesforce org on loopback: OAuth, REST query with locators, Bulk API 2.0, deletion log, limits.

Add here: how the org answers a resource. Keep out: what happens to its records (`salesforce_org.py`).
It accepts what the official paths accept, with and without a slash at the end, and nothing else.
"""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from simulators.salesforce_org import Org
from simulators.salesforce_schema import REPLICATEABLE, SCHEMA
from simulators.server import Request, Response, Simulator
from simulators.soql import Query, SoqlError, parse

_BULK_REFUSED = re.compile(r"\b(GROUP BY|OFFSET|TYPEOF|COUNT\(|SUM\()", re.IGNORECASE)


class SalesforceSimulator(Simulator):
    """One org.

    Switches: `page_sizes` (rows per page, in turn; never more than asked), `requests_allowed` a day,
    `token_life` (requests until a token dies), `polls` until a bulk job is done, `bulk_fails`
    (every job ends as Failed), `no_bulk` (objects that bulk refuses), `earliest_deletion` and
    `deletions_exceeded` of the deletion log, `slow_count(soql)` (which counts time out), `on_page(simulator, number)` called before each page.
    """

    admin = ("advance", "put", "delete", "purge", "undelete", "fill")

    def __init__(self, clock: dt.datetime | None = None, *, multi_currency: bool = False) -> None:
        super().__init__(clock)
        self.org = Org(self.clock, multi_currency)
        self.client_id, self.client_secret = "sim-client-id", "sim-client-secret"
        self.api_version, self.user_id = "66.0", "005000000000009AAA"
        self.slow_count: Callable[[str], bool] = lambda soql: False
        self.page_sizes: Iterable[int] = (2000,)
        self._sizes: Iterator[int] | None = None
        self.requests_allowed, self.requests_used = 100_000, 0
        self.token_life: int | None = None
        self.polls, self.bulk_fails, self.no_bulk = 1, False, set[str]()
        self.earliest_deletion: dt.datetime | None = None
        self.deletions_exceeded = False
        self.on_page: Callable[[SalesforceSimulator, int], None] | None = None
        self._tokens: dict[str, int] = {}
        self._number = itertools.count(1)
        self._pages = itertools.count(1)
        self._locators: dict[str, dict[str, Any]] = {}
        self._jobs: dict[str, dict[str, Any]] = {}

    # What tests and benchmarks do ---------------------------------------------------------------

    def put(self, name: str, **values: Any) -> str:
        with self.lock:
            self.org.clock = self.clock
            return self.org.put(name, **values)

    def delete(self, name: str, record_id: str) -> None:
        with self.lock:
            self.org.clock = self.clock
            self.org.delete(name, record_id)

    def purge(self, name: str, record_id: str, *, logged: bool = True) -> None:
        with self.lock:
            self.org.clock = self.clock
            self.org.purge(name, record_id, logged=logged)

    def undelete(self, name: str, record_id: str) -> None:
        with self.lock:
            self.org.clock = self.clock
            self.org.undelete(name, record_id)

    def expire_tokens(self) -> None:
        """Every token given out so far is dead."""
        self._tokens.clear()

    def drop_locators(self) -> None:
        """Every open cursor is gone."""
        self._locators.clear()

    def fill(self, reps: int = 8, seed: int = 7) -> int:
        """Fill the org with the sample company; returns the number of records."""
        from simulators.company import sample_frames
        from simulators.salesforce_company import fill

        fill(self, sample_frames(reps, seed))
        return sum(len(table) for table in self.org.records.values())

    # Resources ------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        self.org.clock = self.clock
        path = request.path.rstrip("/")
        if path == "/services/oauth2/token":
            return self._login(request)
        if path == "/services/data":
            version = {"label": "Spring '26", "url": f"/services/data/v{self.api_version}"}
            return Response.of_json([{**version, "version": self.api_version}])
        refused = self._refused(request)
        if refused:
            return refused
        match = re.fullmatch(r"/services/data/v(\d+\.\d)/(.+)", path)
        if not match:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        if float(match[1]) < 41:
            return _error(410, "GONE", "The requested resource has been retired")
        try:
            response = self._resource(request, match[1], match[2])
        except SoqlError as error:
            response = _error(400, error.code, str(error))
        told = f"api-usage={self.requests_used}/{self.requests_allowed}"
        return Response(
            response.status, response.body, {**response.headers, "Sforce-Limit-Info": told}
        )

    def _resource(self, request: Request, version: str, rest: str) -> Response:
        if rest in ("query", "queryAll") and request.method == "GET":
            return self._query(request, version, deleted=rest == "queryAll")
        if match := re.fullmatch(r"query(?:All)?/(\w+)-(\d+)", rest):
            return self._page(match[1], int(match[2]))
        if rest == "limits":
            left = max(0, self.requests_allowed - self.requests_used)
            daily = {"Max": self.requests_allowed, "Remaining": left}
            return Response.of_json({"DailyApiRequests": daily})
        if match := re.fullmatch(r"sobjects/(\w+)/describe", rest):
            return self._describe(match[1])
        if match := re.fullmatch(r"sobjects/(\w+)/deleted", rest):
            return self._deleted(match[1], request)
        if rest == "jobs/query" and request.method == "POST":
            return self._create_job(request, version)
        if match := re.fullmatch(r"jobs/query/(\w+)(/results)?", rest):
            return self._job(match[1], request, version, results=bool(match[2]))
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    def _login(self, request: Request) -> Response:
        form = request.form
        given = (form.get("client_id"), form.get("client_secret"))
        basic = request.headers.get("authorization", "")
        if basic.startswith("Basic "):
            given = tuple(base64.b64decode(basic[6:]).decode().split(":", 1))  # type: ignore[assignment]
        if form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            if form.get("assertion", "").count(".") != 2:
                return _oauth("invalid_grant", "invalid assertion")
        elif form.get("grant_type") != "client_credentials":
            return _oauth("unsupported_grant_type", "grant type not supported")
        elif given[0] != self.client_id:
            return _oauth("invalid_client_id", "client identifier invalid")
        elif given[1] != self.client_secret:
            return _oauth("invalid_client", "invalid client credentials")
        token = f"00Dsim!{next(self._number):06d}.secret-token"
        self._tokens[token] = self.token_life if self.token_life is not None else 10**9
        return Response.of_json(
            {
                "access_token": token,
                "signature": "c2lnbmF0dXJl",
                "token_format": "opaque",
                "instance_url": self.url,
                "id": f"{self.url}/id/00D000000000001AAA/{self.user_id}",
                "token_type": "Bearer",
                "issued_at": str(int(self.clock.timestamp() * 1000)),
            }
        )

    def _refused(self, request: Request) -> Response | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, 0) <= 0:
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self._tokens[token] -= 1
        self.requests_used += 1
        if self.requests_used > self.requests_allowed:
            return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        return None

    def _describe(self, name: str) -> Response:
        try:
            fields = self.org.fields_of(name)
        except SoqlError:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        listed = [
            {
                "name": key,
                "type": kind,
                "nillable": True,
                "calculated": f"{name}.{key}" in self.org.computed,
            }
            for key, kind in fields.items()
        ]
        known = name in REPLICATEABLE or name not in SCHEMA
        master = ("012000000000000AAA", "Master", "主")
        types = [
            {
                "recordTypeId": key,
                "developerName": called,
                "name": label,
                "master": called == "Master",
            }
            for key, called, label in [*self.org.record_types.get(name, ()), master]
        ]
        content = {"name": name, "queryable": True, "replicateable": known, "fields": listed}
        return Response.of_json({**content, "recordTypeInfos": types})

    def _query(self, request: Request, version: str, *, deleted: bool) -> Response:
        asked = request.query.get("q", "")
        if (rights := self._rights(asked)) is not None:
            return Response.of_json({"totalSize": len(rights), "done": True, "records": rights})
        if "COUNT()" in asked and self.slow_count(asked):
            return _error(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
        query = parse(asked)
        self.org.check(query)
        found = self.org.matching(query, deleted=deleted)
        if query.count:
            return Response.of_json({"totalSize": len(found), "done": True, "records": []})
        if query.sums:
            table = self.org.records[query.object]
            row: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
            for alias, name in query.sums.items():
                values = [table[key][name] for key in found if table[key][name] is not None]
                row[alias] = round(float(sum(values)), 2) if values else None
            return Response.of_json({"totalSize": 1, "done": True, "records": [row]})
        name = f"01g{next(self._number):012d}"
        asked = re.search(r"batchSize=(\d+)", request.headers.get("sforce-query-options", ""))
        self._locators[name] = {
            "query": query,
            "ids": found,
            "total": len(found),
            "size": int(asked[1]) if asked else 2000,
            "version": version,
            "stamps": {},
        }
        return self._page(name, 0)

    def _rights(self, asked: str) -> list[dict[str, Any]] | None:
        """Rows of the tables that tell who sees what; None for all others."""
        org, user = self.org, f"'{self.user_id}'"
        if "FROM PermissionSetAssignment" in asked and user in asked and "SELECT Id" in asked:
            return [{"Id": "0Pa000000000001AAA"}] if org.view_all_data else []
        if "FROM EntityDefinition" in asked:
            return [
                {"QualifiedApiName": name, "InternalSharingModel": model}
                for name, model in org.sharing.items()
                if f"'{name}'" in asked
            ]
        if "FROM ObjectPermissions" in asked and user in asked:
            return [{"SobjectType": name} for name in sorted(org.view_all)]
        return None

    def _page(self, name: str, start: int) -> Response:
        number = next(self._pages)
        if self.on_page:
            self.on_page(self, number)
        cursor = self._locators.get(name)
        if cursor is None:
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        query: Query = cursor["query"]
        if self._sizes is None:
            self._sizes = itertools.cycle(self.page_sizes)
        end = start + min(next(self._sizes), cursor["size"])
        table, rows = self.org.records[query.object], []
        for key in cursor["ids"][start:end]:
            record = table.get(key)
            # No snapshot: what was edited out of the query is gone, what changed comes as it is now.
            if record is not None and self.org.finds(query, record):
                rows.append(self._row(query, record))
                cursor["stamps"][key] = record.get("SystemModstamp")
        if end >= len(cursor["ids"]):
            # Rows that were edited after they had been given, and still match, come once more.
            again = [
                key
                for key, stamp in cursor["stamps"].items()
                if key in table
                and table[key].get("SystemModstamp") != stamp
                and self.org.finds(query, table[key])
            ]
            cursor["ids"] = cursor["ids"] + again
            for key in again:
                del cursor["stamps"][key]
        done = end >= len(cursor["ids"])
        content = {"totalSize": cursor["total"], "done": done, "records": rows}
        if not done:
            content["nextRecordsUrl"] = f"/services/data/v{cursor['version']}/query/{name}-{end}"
        return Response.of_json(content)

    def _row(self, query: Query, record: dict[str, Any]) -> dict[str, Any]:
        url = f"/services/data/v{self.api_version}/sobjects/{query.object}/{record['Id']}"
        row: dict[str, Any] = {"attributes": {"type": query.object, "url": url}}
        for path in query.fields:
            if "." not in path:
                value = record.get(path)
                row[path] = (
                    f"{value:%Y-%m-%dT%H:%M:%S}.000+0000"
                    if isinstance(value, dt.datetime)
                    else value
                )
                continue
            root, rest = path.split(".", 1)
            if record.get(f"{root}Id") is None:
                row[root] = None
            else:
                row.setdefault(root, {"attributes": {"type": root}})
                row[root][rest] = _json_value(self.org.value(query.object, record, path))
        return row

    def _deleted(self, name: str, request: Request) -> Response:
        start = dt.datetime.fromisoformat(request.query["start"])
        end = dt.datetime.fromisoformat(request.query["end"])
        if self.deletions_exceeded:
            return _error(400, "EXCEEDED_ID_LIMIT", "exceeded id limit")
        if end - start < dt.timedelta(minutes=1) or self.clock - start > dt.timedelta(days=30):
            return _error(400, "INVALID_REPLICATION_DATE", "startDate out of range")
        earliest = self.earliest_deletion or self.clock - dt.timedelta(days=15)
        found = [
            {"id": key, "deletedDate": f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"}
            for kind, key, at in self.org.deletions
            if kind == name and max(start, earliest) <= at <= end
        ]
        return Response.of_json(
            {
                "deletedRecords": found,
                "earliestDateAvailable": f"{earliest:%Y-%m-%dT%H:%M:%S}.000+0000",
                "latestDateCovered": f"{min(end, self.clock):%Y-%m-%dT%H:%M:%S}.000+0000",
            }
        )

    # Bulk -----------------------------------------------------------------------------------------

    def _create_job(self, request: Request, version: str) -> Response:
        asked = request.json
        query = parse(asked["query"])
        if query.object in self.no_bulk:
            return _error(400, "INVALIDENTITY", f"{query.object} is not supported by the Bulk API")
        if _BULK_REFUSED.search(asked["query"]):
            return _error(400, "API_ERROR", "Implementation restriction")
        fields = SCHEMA.get(query.object, {})
        if any(fields.get(name) in ("address", "location") for name in query.fields):
            text = "Selecting compound data not supported in Bulk Query"
            return _error(400, "FUNCTIONALITY_NOT_ENABLED", text)
        self.org.check(query)
        name = f"750{next(self._number):012d}AAA"
        table = self.org.records[query.object]
        found = self.org.matching(query, deleted=asked["operation"] == "queryAll")
        lines = [
            ",".join(_cell(self.org.value(query.object, table[key], path)) for path in query.fields)
            for key in found
        ]
        head = ",".join(f'"{path}"' for path in query.fields)
        self._jobs[name] = {
            "query": query,
            "lines": lines,
            "head": head,
            "version": version,
            "polls": self.polls,
        }
        return Response.of_json(self._told(name, "UploadComplete"))

    def _told(self, name: str, state: str) -> dict[str, Any]:
        return {
            "id": name,
            "operation": "queryAll",
            "object": self._jobs[name]["query"].object,
            "state": state,
            "contentType": "CSV",
            "apiVersion": float(self._jobs[name]["version"]),
        }

    def _job(self, name: str, request: Request, version: str, *, results: bool) -> Response:
        job = self._jobs.get(name)
        if job is None:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        if not results:
            job["polls"] -= 1
            state = "InProgress" if job["polls"] > 0 else "JobComplete"
            state = "Failed" if self.bulk_fails and state == "JobComplete" else state
            return Response.of_json(self._told(name, state))
        if version != job["version"]:
            return _error(409, "VERSION_MISMATCH", "use the version of the job")
        if job["polls"] > 0:
            return Response(204)
        if self.on_page:
            self.on_page(self, next(self._pages))
        start = int(base64.b64decode(request.query.get("locator", "MA==") + "==").decode() or 0)
        size = int(request.query.get("maxRecords", "50000"))
        part = job["lines"][start : start + size]
        more = start + size < len(job["lines"])
        locator = base64.b64encode(str(start + size).encode()).decode().rstrip("=")
        # Every set begins with the header row.
        body = "\n".join([job["head"], *part]) + "\n"
        headers = {
            "Sforce-NumberOfRecords": str(len(part)),
            "Sforce-Locator": locator if more else "null",
        }
        return Response(200, body.encode(), {"Content-Type": "text/csv", **headers})


def _json_value(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.000+0000"
    return value


def _cell(value: Any) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, dt.datetime):
        text = f"{value:%Y-%m-%dT%H:%M:%S}.000Z"
    else:
        text = str(value)
    return '"' + text.replace('"', '""') + '"'


def _error(status: int, code: str, message: str) -> Response:
    return Response.of_json([{"message": message, "errorCode": code, "fields": []}], status)


def _oauth(code: str, text: str) -> Response:
    return Response.of_json({"error": code, "error_description": text}, 400)
