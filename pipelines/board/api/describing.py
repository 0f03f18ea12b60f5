"""The OpenAPI description of the interface, made of what is published: columns, types, comments.

Add here: an address or a form of answer, as `app.py` and its siblings give it. Keep out: answering.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import duckdb
import orjson

from pipelines.board.api.answers import ACTIONS, OVERRULING
from pipelines.board.api.asking import MOST_ROWS, USUAL_ROWS
from pipelines.board.api.fields import Field, fields_of, read_fields
from pipelines.board.api.warnings import STATES
from pipelines.board.reading.slicing import CUTS
from pipelines.board.site import Visit
from pipelines.ledger.refusals import OUTCOMES, USES
from pipelines.ledger.response_rows import LONGEST_TEXT

_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_DAY = {"type": ["string", "null"], "format": "date"}
_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_NUMBER = {"type": ["number", "null"]}
_ANYTHING = {"type": "array", "items": {"type": "object"}}
_WARNING: dict[str, Any] = {
    "alert_id": _TEXT, "case_id": _MAYBE, "role": _MAYBE, "origin": _TEXT, "rule": _TEXT, "title": _TEXT,
    "metric": _TEXT, "scope_type": _TEXT, "scope_id": _TEXT, "scope_name": _TEXT, "dimension": _MAYBE,
    "level": _TEXT, "peak_level": _TEXT, "state": {"enum": [*STATES]}, "opened_on": _DAY, "closed_on": _DAY,
    "as_of": _DAY, "value": _NUMBER, "expected": _NUMBER, "limit_value": _NUMBER, "amount_at_risk": _NUMBER,
    "probability": _NUMBER, "owner_id": _MAYBE, "message": _MAYBE, "drivers": _ANYTHING, "deals": _ANYTHING,
    "accounts": _ANYTHING, "acknowledged_at": _MOMENT, "assigned_to": _MAYBE, "planned_at": _MOMENT,
    "plan": _MAYBE, "snoozed_until": _DAY, "resolved_at": _MOMENT, "resolved_by": _MAYBE,
    "outcome": _MAYBE, "standing": _TEXT, "link": _TEXT,
}  # fmt: skip
_EVENT = {"at": _MOMENT, "kind": {"enum": ["change", "answer", "comment"]}, "what": _TEXT, "level": _MAYBE,
          "person_id": _MAYBE, "text": _MAYBE}  # fmt: skip
_ID = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
_REFUSALS = {
    "400": "The question is wrong; detail says what.",
    "401": "No token, or none that is good.",
    "403": "The person of the token has left the company, or may not do this.",
    "404": "There is no such thing, or none that the reader may see.",
    "409": "It cannot be done as the warning now stands; detail says why.",
    "410": "The cursor is of an earlier publication: begin again without it.",
    "413": "More than 64 KiB.",
    "415": "Not application/json.",
    "429": "Too many requests; wait as long as Retry-After says.",
    "503": "Nothing has been published yet, or it cannot be read.",
}

_POSTED = ("409", "413", "415")


def described(visit: Visit) -> dict[str, Any]:
    """OpenAPI 3.1 of the version that is read."""
    return description({name: found for name, found in fields_of(visit).items() if name in CUTS})


def written(cursor: duckdb.DuckDBPyConnection) -> bytes:
    """The description of the marts behind a connection, as docs/openapi.json holds it."""
    found = {name: mart for name, mart in read_fields(cursor).items() if name in CUTS}
    return orjson.dumps(description(found), option=orjson.OPT_INDENT_2) + b"\n"


def description(marts: dict[str, tuple[str, dict[str, Field]]]) -> dict[str, Any]:
    """OpenAPI 3.1 for these marts: comment and columns by name."""
    paths: dict[str, Any] = {
        "/api/v1/": _path("The publication, the reader, and where everything is.", "Index"),
        "/api/v1/openapi.json": _path("This description.", "Anything"),
        "/api/v1/marts": _path("Every mart with its columns.", "Marts"),
        "/api/v1/warnings": _path(
            "Warnings as they stand now, the newest first.",
            "Warnings",
            [_ref("limit"), _ref("cursor"), *_filters()],
        ),
        "/api/v1/warnings/{id}": _path(
            "One warning with all that happened to it.",
            "Warning",
            [_ID],
        ),
    }
    paths["/api/v1/warnings/{id}/answers"] = _post()
    for name, (comment, _) in marts.items():
        paths[f"/api/v1/marts/{name}"] = _path(
            comment,
            f"{name}.page",
            [_ref("limit"), _ref("cursor"), _ref("fields"), _ref("filters")],
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Forewarn",
            "version": "1",
            "summary": "Marts and warnings of the published night, and answers to warnings.",
            "description": f"Forewarn {version('forewarn')}. Fields are added within version 1, never "
            "taken away or given another meaning; a program ignores fields that it does not know.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": _parameters(),
            "responses": {
                status: {
                    "description": words,
                    "content": {"application/problem+json": {"schema": _schema("Problem")}},
                }
                for status, words in _REFUSALS.items()
            },
            "schemas": {**_schemas(), **_mart_schemas(marts)},
        },
    }


def _path(summary: str, schema: str, parameters: list[dict] | None = None) -> dict[str, Any]:
    refusals = [
        status for status in _REFUSALS
        if status not in _POSTED
        and (status != "404" or schema == "Warning")
        and (status not in ("400", "410") or parameters)
    ]  # fmt: skip
    return {
        "get": {
            "summary": summary,
            "parameters": parameters or [],
            "responses": {
                "200": {
                    "description": "OK",
                    "headers": {"ETag": {"schema": _TEXT}},
                    "content": {"application/json": {"schema": _schema(schema)}},
                },
                "304": {"description": "Nothing has changed since the ETag of If-None-Match."},
                **{status: {"$ref": f"#/components/responses/{status}"} for status in refusals},
            },
        }
    }


def _post() -> dict[str, Any]:
    return {
        "post": {
            "summary": "Answer a warning, as the person of a token that may write.",
            "description": "The same answer twice counts once. `expect`, the `standing` that was read, "
            "refuses where somebody else or the night has changed the warning since.",
            "parameters": [_ID],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _schema("Answer")}},
            },
            "responses": {
                "200": {
                    "description": "Written, or written before.",
                    "content": {"application/json": {"schema": _schema("Answered")}},
                },
                **{
                    status: {"$ref": f"#/components/responses/{status}"}
                    for status in _REFUSALS
                    if status != "410"
                },
            },
        }
    }


def _answer(action: str, needs: tuple[str, ...]) -> dict[str, Any]:
    """What one action sends."""
    words: dict[str, Any] = {"type": "string", "pattern": "\\S", "maxLength": LONGEST_TEXT}
    kinds = {
        "until": {"type": "string", "format": "date"},
        "outcome": {"enum": [*OUTCOMES]},
        "use": {"enum": [*USES]},
    }
    more = {"expect": _TEXT} if action in OVERRULING else {}
    return {
        "type": "object",
        "properties": {
            "action": {"const": action},
            **{name: kinds.get(name, words) for name in needs},
            **more,
        },
        "required": ["action", *needs],
        "additionalProperties": False,
    }


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _query(name: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": words}


def _parameters() -> dict[str, Any]:
    word = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": USUAL_ROWS}
    return {
        "limit": _query("limit", limit, "Rows of one page."),
        "cursor": _query(
            "cursor", word, "Where a page begins: taken from `next` of the page before."
        ),
        "fields": _query("fields", _TEXT, "Names of columns with commas between; all without it."),
        "filters": {
            "name": "filters",
            "in": "query",
            "style": "form",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": _TEXT},
            "description": "`column=value` (several: any of them), `column.from=`, `column.to=` (both "
            "included), `column.is=null` or `known`.",
        },
    }


def _filters() -> list[dict[str, Any]]:
    exact = ("level", "rule", "metric", "owner_id", "assigned_to", "origin")
    day = {"type": "string", "format": "date"}
    return [
        *(_query(name, _TEXT, "Equal; several: any of them.") for name in exact),
        _query("state", {"enum": [*STATES]}, "As it stands, answers included."),
        _query("scope", _TEXT, "type:id, such as team:T01."),
        _query("opened_from", day, "Opened on this day or later."),
        _query("opened_to", day, "Opened on this day or before."),
    ]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


def _listed(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _schemas() -> dict[str, Any]:
    night = {"publication": _schema("Publication")}
    return {
        "Anything": {"type": "object"},
        "Problem": _object({"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _MAYBE}),
        "Publication": _object(
            {"version": {"type": "integer"}, "as_of": {"type": "string", "format": "date"},
             "published_at": _TEXT, "fingerprint": _TEXT}
        ),
        "Index": _object(
            {**night, "reader": {"type": "object"}, "links": {"type": "object"}}
        ),
        "Marts": _object({**night, "marts": _listed({"type": "object"})}),
        "WarningNow": _object(_WARNING),
        "Event": _object(_EVENT),
        "Warnings": _object({**night, "warnings": _listed(_schema("WarningNow")), "next": _MAYBE}),
        "Warning": _object(
            {**night, "warning": _schema("WarningNow"), "events": _listed(_schema("Event"))}
        ),
        "Answer": {"oneOf": [_answer(action, needs) for action, needs in ACTIONS.items()]},
        "Answered": _object(
            {"action": {"enum": [*ACTIONS]}, "new": {"type": "boolean"}, "said": _TEXT,
             "warning": {"anyOf": [_schema("WarningNow"), {"type": "null"}]},
             "events": _listed(_schema("Event"))}
        ),
    }  # fmt: skip


def _mart_schemas(marts: dict[str, tuple[str, dict[str, Field]]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (_, fields) in marts.items():
        # Without `required`: a program may ask for some of the columns.
        found[name] = {
            "type": "object",
            "properties": {
                field.name: {
                    "type": [field.type, "null"],
                    **({"format": field.format} if field.format else {}),
                    "description": field.comment,
                }
                for field in fields.values()
            },
        }
        found[f"{name}.page"] = _object(
            {
                "publication": _schema("Publication"),
                "mart": _TEXT,
                "total": {"type": "integer"},
                "rows": _listed(_schema(name)),
                "next": _MAYBE,
            }
        )
    return found
