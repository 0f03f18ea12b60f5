"""A Zoho CRM organisation on loopback: OAuth, Get Records, COQL, Bulk Read, deleted lists, settings.

Add here: how the organisation answers a resource. Keep out: what happens to its records
(`zoho_org.py`). Accounts server and API are one origin, told apart by their paths.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import re
import zipfile
from collections.abc import Callable
from typing import Any

from simulators.server import Request, Response, Simulator
from simulators.zoho_coql import CoqlError, answer
from simulators.zoho_org import ROOT, ZohoOrg


class ZohoSimulator(Simulator):
    """One organisation.

    Switches: `page_size` (never more than asked), `token_life` (requests until a token dies) and
    `dead_code` (what is then said), `nested_errors` and `errors_with_200` (forms of an error),
    `no_permission` and `no_module` (modules), `no_bulk` (modules that jobs refuse), `bulk_rows` per
    result, `polls` until a job is done, `failing_jobs` (so many end as FAILURE), `lost_results` (so
    many are gone when fetched), `no_coql_totals`, `credits_left` (told when given), `tokens_allowed`
    within ten minutes, `hidden` ids (counted, but on no page), `extra_keys` (sent unasked in every record), `on_page(simulator, number)` called
    before each page of records.
    """

    admin = ("advance", "put", "delete", "purge", "restore", "fill")

    def __init__(
        self,
        clock: dt.datetime | None = None,
        *,
        zone: str = "Europe/Berlin",
        multi_currency: bool = False,
    ) -> None:
        super().__init__(clock)
        self.org = ZohoOrg(self.clock, zone, multi_currency=multi_currency)
        self.client_id, self.client_secret = "1000.SIMCLIENT", "sim-client-secret"
        self.refresh_token = "1000.sim-refresh.token"
        self.api_domain: str | None = None
        self.page_size = 200
        self.token_life: int | None = None
        self.dead_code = "INVALID_TOKEN"
        self.nested_errors = self.errors_with_200 = self.no_coql_totals = False
        self.no_permission: set[str] = set()
        self.no_module: set[str] = set()
        self.no_bulk: set[str] = set()
        self.bulk_rows, self.polls = 200_000, 2
        self.failing_jobs = self.lost_results = 0
        self.credits_left: int | None = None
        self.tokens_allowed = 10
        self.hidden: set[str] = set()
        self.extra_keys: dict[str, Any] = {}
        self.on_page: Callable[[ZohoSimulator, int], None] | None = None
        self._tokens: dict[str, int] = {}
        self._given: list[dt.datetime] = []
        self._numbers = itertools.count(400001)
        self._pages = itertools.count(1)
        self._page_tokens: dict[str, tuple[Any, int, dt.datetime]] = {}
        self._jobs: dict[str, dict[str, Any]] = {}
        self._downloads: list[dt.datetime] = []

    # What tests and benchmarks do ---------------------------------------------------------------

    def put(self, module: str, record_id: str | None = None, **values: Any) -> str:
        with self.lock:
            self.org.clock = self.clock
            return self.org.put(module, record_id, **values)

    def delete(self, module: str, record_id: str) -> None:
        with self.lock:
            self.org.clock = self.clock
            self.org.delete(module, record_id)

    def purge(self, module: str, record_id: str, *, listed: bool = True) -> None:
        with self.lock:
            self.org.clock = self.clock
            self.org.purge(module, record_id, listed=listed)

    def restore(self, module: str, record_id: str) -> None:
        with self.lock:
            self.org.clock = self.clock
            self.org.restore(module, record_id)

    def fill(self, reps: int = 8, seed: int = 7, regions: list[str] | None = None) -> None:
        """The sample company, or the part of some regions."""
        from simulators.company import of_regions, sample_frames
        from simulators.zoho_company import fill

        frames = sample_frames(reps, seed)
        fill(self, of_regions(frames, regions) if regions else frames)

    def expire_tokens(self) -> None:
        """Every token given out so far is dead."""
        self._tokens.clear()

    def drop_page_tokens(self) -> None:
        """Every page token is older than a day."""
        for key, (signature, position, _) in self._page_tokens.items():
            self._page_tokens[key] = (signature, position, self.clock - dt.timedelta(hours=25))

    def auth(self) -> dict[str, str]:
        """The `auth` of a source that reads this organisation."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
        }

    # Answers ------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        if request.path == "/oauth/v2/token":
            return self._token(request)
        refused = self._unauthorised(request)
        if refused:
            return refused
        self.org.clock = self.clock
        path = re.sub(r"^/crm/(bulk/)?v\d/", r"\1", request.path)
        for method, pattern, call in self._routes():
            match = re.fullmatch(pattern, path)
            if match and method == request.method:
                response = call(request, *match.groups())
                if self.credits_left is not None:
                    headers = {
                        **response.headers,
                        "X-API-CREDITS-REMAINING": str(self.credits_left),
                    }
                    response = Response(response.status, response.body, headers)
                return response
        return self.error("INVALID_URL_PATTERN", "Please check if the URL is correct", 404)

    def _routes(self) -> tuple[tuple[str, str, Callable[..., Response]], ...]:
        return (
            ("GET", "org", self._org),
            ("GET", "users", self._users),
            ("GET", r"users/(\d+)/actions/associated_groups", self._groups),
            ("GET", "settings/roles", self._roles),
            ("GET", "settings/modules", self._modules),
            ("GET", "settings/fields", self._fields),
            ("GET", "settings/layouts", self._layouts),
            ("GET", "settings/pipeline", self._pipeline),
            ("POST", "coql", self._coql),
            ("POST", "bulk/read", self._create_job),
            ("GET", r"bulk/read/(\d+)", self._job),
            ("GET", r"bulk/read/(\d+)/result", self._result),
            ("GET", r"(\w+)/deleted", self._deleted),
            ("GET", r"(\w+)/actions/count", self._count),
            ("GET", r"(\w+)", self._records),
        )

    def error(
        self, code: str, message: str, status: int = 400, details: dict[str, Any] | None = None
    ) -> Response:
        body = {"code": code, "details": details or {}, "message": message, "status": "error"}
        status = 200 if self.errors_with_200 and status == 400 else status
        return Response.of_json({"data": [body]} if self.nested_errors else body, status)

    # Tokens -------------------------------------------------------------------------------------

    def _token(self, request: Request) -> Response:
        form = request.form
        if form.get("client_id") != self.client_id:
            return Response.of_json({"error": "invalid_client"})
        if form.get("client_secret") != self.client_secret:
            return Response.of_json({"error": "invalid_client_secret"})
        if form.get("grant_type") == "client_credentials":
            if not form.get("soid", "").startswith("ZohoCRM."):
                return Response.of_json({"error": "missing_org_info"}, 400)
        elif form.get("refresh_token") != self.refresh_token:
            return Response.of_json({"error": "invalid_code"})
        recent = [t for t in self._given if t > self.clock - dt.timedelta(minutes=10)]
        if len(recent) >= self.tokens_allowed:
            content = {
                "error": "Access Denied",
                "error_description": "You have made too many requests continuously. "
                "Please try again after some time.",
                "status": "failure",
            }
            return Response.of_json(content, 400)
        self._given = [*recent, self.clock]
        token = f"1000.access.{next(self._numbers)}"
        self._tokens[token] = 0
        for oldest in list(self._tokens)[:-15]:
            del self._tokens[oldest]
        return Response.of_json(
            {
                "access_token": token,
                "scope": "ZohoCRM.modules.READ ZohoCRM.settings.READ",
                "api_domain": self.api_domain or self.url,
                "token_type": "Bearer",
                "expires_in": 3600,
            }
        )

    def _unauthorised(self, request: Request) -> Response | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Zoho-oauthtoken" or token not in self._tokens:
            message = "invalid oauth token"
            return self.error(self.dead_code, message, 401)
        self._tokens[token] += 1
        if self.token_life is not None and self._tokens[token] > self.token_life:
            del self._tokens[token]
            return self.error(self.dead_code, "invalid oauth token", 401)
        return None

    # Records ------------------------------------------------------------------------------------

    def _refused(self, module: str) -> Response | None:
        if module not in self.org.fields or module in self.no_module:
            return self.error("INVALID_MODULE", "the module name given seems to be invalid")
        if module in self.no_permission:
            return self.error("NO_PERMISSION", f"permission denied to read {module}", 403)
        return None

    def _records(self, request: Request, module: str) -> Response:
        number = next(self._pages)
        if self.on_page:
            self.on_page(self, number)
        query = request.query
        if refused := self._refused(module):
            return refused
        names = [name for name in query.get("fields", "").split(",") if name]
        if not names:
            return self.error("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing")
        if len(names) > 50:
            return self.error("LIMIT_EXCEEDED", "limit exceeded", details={"limit": 50})
        token, page = query.get("page_token"), int(query.get("page", 1))
        if token and "page" in query:
            return self.error("AMBIGUITY_DURING_PROCESSING", "page and page_token together")
        if page > 10:
            message = "You can only get the first 2000 records without using page_token param"
            return self.error(
                "DISCRETE_PAGINATION_LIMIT_EXCEEDED", message, details={"limit": 2000}
            )
        size = min(int(query.get("per_page", 200)), 200, self.page_size)
        since = request.headers.get("if-modified-since")
        signature = (module, since, *sorted((k, v) for k, v in query.items() if k != "page_token"))
        position = (page - 1) * size
        if token:
            known = self._page_tokens.get(token)
            if known is None or known[0] != signature:
                return self.error("TOKEN_BOUND_DATA_MISMATCH", "page_token of another request")
            if known[2] < self.clock - dt.timedelta(hours=24):
                return self.error("EXPIRED_VALUE", "page_token has expired")
            position = known[1]
        ids = [key for key in self._listed(module, query, since) if key not in self.hidden]
        if position >= 100_000:
            return self.error("PAGINATION_LIMIT_EXCEEDED", "limit", details={"limit": 100_000})
        chosen = ids[position : position + size]
        if not chosen:
            return Response(304 if since and not ids else 204)
        more = position + size < len(ids)
        following = None
        if more:
            following = f"c8582e{next(self._numbers):x}"
            self._page_tokens[following] = (signature, position + size, self.clock)
        rows = self.org.records[module]
        data = [{**self.org.shown(module, rows[key], names), **self.extra_keys} for key in chosen]
        info = {
            "per_page": size,
            "count": len(data),
            "page": position // size + 1,
            "sort_by": query.get("sort_by", "id"),
            "sort_order": query.get("sort_order", "desc"),
            "more_records": more,
            "next_page_token": following,
            "previous_page_token": None,
            "page_token_expiry": self.org.local(self.clock + dt.timedelta(hours=24)),
        }
        return Response.of_json({"data": data, "info": info})

    def _listed(self, module: str, query: Any, since: str | None) -> list[str]:
        """Ids in the asked order. Positions are counted anew each time: no page is a snapshot."""
        start = dt.datetime.fromisoformat(since) if since else None
        ids = self.org.changed(module, start)
        rows = self.org.records[module]
        if module == "Leads" and query.get("converted", "false") != "both":
            wanted = query.get("converted") == "true"
            ids = [key for key in ids if bool(rows[key]["Converted__s"]) is wanted]
        if query.get("sort_by", "id") == "id":
            ids.sort(key=int)
        if query.get("sort_order", "desc") == "desc":
            ids.reverse()
        return ids

    def _count(self, request: Request, module: str) -> Response:
        if refused := self._refused(module):
            return refused
        return Response.of_json({"count": len(self._listed(module, {"sort_order": "asc"}, None))})

    def _deleted(self, request: Request, module: str) -> Response:
        if refused := self._refused(module):
            return refused
        since = request.headers.get("if-modified-since")
        start = dt.datetime.fromisoformat(since) if since else None
        found = [
            entry
            for entry in self.org.deleted[module].values()
            if start is None or entry["deleted_time"] >= start
        ]
        found.sort(key=lambda entry: (entry["deleted_time"], int(entry["id"])))
        shown = [
            {
                "id": entry["id"],
                "display_name": entry["display_name"],
                "type": entry["type"],
                "deleted_by": None,
                "created_by": None,
                "deleted_time": self.org.local(entry["deleted_time"]),
            }
            for entry in found
        ]
        return self._numbered(request, shown, "data")

    def _numbered(self, request: Request, rows: list[dict[str, Any]], key: str) -> Response:
        """A list that is paged by number."""
        size = min(int(request.query.get("per_page", 200)), 200, self.page_size)
        page = int(request.query.get("page", 1))
        chosen = rows[(page - 1) * size : page * size]
        if not chosen:
            return Response(304 if "if-modified-since" in request.headers else 204)
        more = page * size < len(rows)
        info = {"per_page": size, "count": len(chosen), "page": page, "more_records": more}
        return Response.of_json({key: chosen, "info": info})

    def _coql(self, request: Request) -> Response:
        try:
            data, more = answer(
                self.org, str(request.json["select_query"]), totals=not self.no_coql_totals
            )
        except CoqlError as error:
            return self.error(error.code, str(error), details={"line": 1})
        if not data:
            return Response(204)
        return Response.of_json({"data": data, "info": {"count": len(data), "more_records": more}})

    # Bulk Read ----------------------------------------------------------------------------------

    def _create_job(self, request: Request) -> Response:
        query = request.json["query"]
        module, page = query["module"]["api_name"], int(query.get("page", 1))
        if module in self.no_bulk or module not in self.org.fields:
            return self.error("MODULE_NOT_SUPPORTED", "The module is not supported in Bulk API")
        for name in query["fields"]:
            if name not in self.org.fields[module]:
                return self.error("FIELD_NOT_AVAILABLE", "field", details={"api_name": name})
        job = f"{ROOT}{next(self._numbers):06d}"
        failing = self.failing_jobs > 0
        self.failing_jobs -= int(failing)
        rows = self._criteria(module, query.get("criteria"))
        start = (page - 1) * self.bulk_rows
        self._jobs[job] = {
            "module": module,
            "fields": query["fields"],
            "page": page,
            "asked": 0,
            "failing": failing,
            "rows": [dict(row) for row in rows[start : start + self.bulk_rows]],
            "more": start + self.bulk_rows < len(rows),
        }
        details = {"id": job, "operation": "read", "state": "ADDED"}
        answered = {"status": "success", "code": "ADDED_SUCCESSFULLY", "details": details}
        return Response.of_json(
            {"data": [{**answered, "message": "Added successfully."}], "info": {}}, 201
        )

    def _criteria(self, module: str, criteria: Any) -> list[dict[str, Any]]:
        group = (criteria or {}).get("group", [criteria] if criteria else [])
        rows = [self.org.records[module][key] for key in sorted(self.org.records[module], key=int)]
        if module == "DealHistory":
            rows = [row for row in rows if row["Potential_Name"] is not None]
        tests = {
            "greater_equal": lambda value, bound: value >= bound,
            "less_than": lambda value, bound: value < bound,
        }
        for part in group:
            bound = dt.datetime.fromisoformat(part["value"])
            test, name = tests[part["comparator"]], part["field"]["api_name"]
            rows = [row for row in rows if test(row[name], bound)]
        return rows

    def _job(self, request: Request, key: str) -> Response:
        job = self._jobs.get(key)
        if job is None:
            return self.error("RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", 404)
        states = ("QUEUED", "IN PROGRESS")
        content: dict[str, Any] = {"id": key, "operation": "read"}
        if job["asked"] < self.polls:
            content["state"] = states[min(job["asked"], 1)]
        elif job["failing"]:
            content["state"] = "FAILURE"
        else:
            content["state"] = "COMPLETED"
            content["result"] = {
                "page": job["page"],
                "per_page": self.bulk_rows,
                "count": len(job["rows"]),
                "more_records": job["more"],
                "download_url": f"/crm/bulk/v8/read/{key}/result",
                "next_page_token": None,
            }
        job["asked"] += 1
        return Response.of_json({"data": [content]})

    def _result(self, request: Request, key: str) -> Response:
        job = self._jobs.get(key)
        if job is None or self.lost_results > 0:
            self.lost_results -= 1
            return self.error("RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", 404)
        recent = [t for t in self._downloads if t > self.clock - dt.timedelta(minutes=1)]
        if len(recent) >= 10:
            return self.error("TOO_MANY_REQUESTS", "downloads", 429)
        self._downloads = [*recent, self.clock]
        names = [name for name in job["fields"] if name != "id"]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["Id", *names])
        for row in job["rows"]:
            cells = [self.org.cell(job["module"], name, row.get(name)) for name in names]
            writer.writerow([row["id"], *cells])
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{key}.csv", text.getvalue())
        headers = {
            "Content-Type": "application/x-download",
            "Content-Disposition": f"attachment;filename={key}.zip",
        }
        return Response(200, packed.getvalue(), headers)

    # Settings -----------------------------------------------------------------------------------

    def _org(self, request: Request) -> Response:
        return Response.of_json({"org": [self.org.org]})

    def _users(self, request: Request) -> Response:
        kind = request.query.get("type", "AllUsers")
        gone = [user for user in self.org.users.values() if user["status"] == "deleted"]
        rest = [user for user in self.org.users.values() if user["status"] != "deleted"]
        chosen = gone if kind == "DeletedUsers" else rest
        shown = [
            {
                **user,
                "role": self._named(self.org.roles, user["role"], "name"),
                "Reporting_To": self._named(self.org.users, user["Reporting_To"], "full_name"),
                "created_time": self.org.local(user["created_time"]),
                "Modified_Time": self.org.local(user.get("Modified_Time") or user["created_time"]),
            }
            for user in chosen
        ]
        return self._numbered(request, shown, "users")

    def _groups(self, request: Request, user: str) -> Response:
        listed = self.org.groups.get(user)
        return self._numbered(request, listed, "user_groups") if listed else Response(204)

    @staticmethod
    def _named(rows: dict[str, Any], key: str | None, title: str) -> dict[str, Any] | None:
        return {"id": key, "name": rows[key][title]} if key in rows else None

    def _roles(self, request: Request) -> Response:
        roles = [
            {
                "id": role["id"],
                "name": role["name"],
                "display_label": role["name"],
                "reporting_to": self._named(self.org.roles, role["parent"], "name"),
            }
            for role in self.org.roles.values()
        ]
        return Response.of_json({"roles": roles})

    def _modules(self, request: Request) -> Response:
        modules = [
            {
                "api_name": name,
                "api_supported": True,
                "viewable": name not in self.no_permission,
                "generated_type": "picklisttracker" if name == "DealHistory" else "default",
            }
            for name in self.org.fields
            if name not in self.no_module
        ]
        return Response.of_json({"modules": modules})

    def _fields(self, request: Request) -> Response:
        module = request.query.get("module", "")
        if refused := self._refused(module):
            return refused
        fields = [
            {"api_name": name, "data_type": kind, "json_type": None, "custom_field": False}
            for name, kind in self.org.fields[module].items()
        ]
        return Response.of_json({"fields": fields})

    def _layouts(self, request: Request) -> Response:
        listed = self.org.layouts.get(request.query.get("module", ""), {})
        found = [{"id": key, "name": name} for key, name in listed.items()]
        return Response.of_json({"layouts": found or [{"id": f"{ROOT}000091", "name": "Standard"}]})

    def _pipeline(self, request: Request) -> Response:
        maps = [
            {
                "id": f"{ROOT}0005{number:02d}",
                "display_value": name,
                "actual_value": name,
                "sequence_number": number,
                "forecast_type": kind,
            }
            for number, (name, kind) in enumerate(self.org.stages, 1)
        ]
        pipeline = {"id": f"{ROOT}000095", "display_value": "Standard", "maps": maps}
        return Response.of_json({"pipeline": [pipeline]})
