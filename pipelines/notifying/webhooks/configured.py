"""`webhooks` of recipients.yml: which program is told of which changes, at which address.

Add here: a key of that list. Keep out: what is posted (`queueing.py`) and how (`posting.py`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.configuration.problems import Problem
from pipelines.entities import SCOPE_TYPES
from pipelines.language import Said, text
from pipelines.notifying.lines import line_of
from pipelines.notifying.secrets import REFERENCE, masked, resolve
from pipelines.notifying.webhooks.posting import key_of_secret, refusal

Told = Literal[
    "opened", "raised", "eased", "doubled", "recovered", "closed", "withdrawn", "reopened", "overdue",
    "answered", "rule_changed", "resumed",
]  # fmt: skip
TOLD: tuple[Told, ...] = get_args(Told)


class Webhook(BaseModel):
    """One program. `scopes` as those of a recipient; `symptoms`: also alerts that are part of a case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")
    url: str
    secret: str
    scopes: tuple[tuple[str, str], ...] = (("company", "company"),)
    changes: tuple[Told, ...] = Field(default=TOLD, min_length=1)
    level: Literal["warning", "danger"] = "warning"
    symptoms: bool = False
    private_network: bool = False

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not re.match(r"https?://[^\s@]+$", value) and not REFERENCE.fullmatch(value):
            raise ValueError(text("config.webhooks.url"))
        return value

    @field_validator("secret")
    @classmethod
    def _from_the_environment(cls, value: str) -> str:
        if not REFERENCE.fullmatch(value):
            raise ValueError(text("config.webhooks.secret"))
        return value

    @field_validator("scopes", mode="before")
    @classmethod
    def _scopes_from_text(cls, value: Any) -> Any:
        found = []
        for item in value if isinstance(value, list) else [""]:
            kind, _, ident = (part.strip() for part in str(item).partition(":"))
            ident = ident or ("company" if kind == "company" else "")
            if kind not in (*SCOPE_TYPES, "source") or not ident:
                raise ValueError(text("config.recipients.scopes"))
            found.append((kind, ident))
        return tuple(found)

    @property
    def reference(self) -> str:
        """Its channel in the outbox: the same when its address changes, so that what waits goes there."""
        return f"webhook://{self.name}"

    @property
    def reader(self) -> str:
        """Who stands in the outbox as the one who is told."""
        return f"webhook.{self.name}"


def read_webhooks(
    path: Path,
    listed: Any,
    problems: list[Problem],
    environment: Mapping[str, str] = os.environ,
) -> tuple[Webhook, ...]:
    """The webhooks that can be used; faults go to `problems`. A variable that is not set is none yet."""
    if listed is None:
        return ()
    if not isinstance(listed, list):
        problems.append(
            Problem(path.name, "webhooks", text("config.not_a_list"), text("config.webhooks.list"))
        )
        return ()
    found: dict[str, Webhook] = {}
    for number, entry in enumerate(listed):
        at = ("webhooks", number)
        try:
            webhook = Webhook.model_validate(entry)
        except ValidationError as error:
            for item in error.errors():
                location = (*at, *item["loc"])
                accepted = item["msg"].removeprefix("Value error, ")
                problems.append(_problem(path, location, _shown(location, item["input"]), accepted))
            continue
        faults = [*_faults(path, at, webhook, environment)]
        if webhook.name in found:
            faults.append(_problem(path, (*at, "name"), webhook.name, text("config.webhooks.once")))
        problems.extend(faults)
        if not faults:
            found[webhook.name] = webhook
    return tuple(found.values())


def _faults(
    path: Path, at: tuple[str | int, ...], webhook: Webhook, environment: Mapping[str, str]
) -> list[Problem]:
    faults = []
    for key in ("url", "secret"):
        try:
            value = resolve(getattr(webhook, key), environment)
        except KeyError:
            continue
        if key == "secret" and key_of_secret(value) is None:
            faults.append(_problem(path, (*at, key), webhook.secret, text("config.webhooks.short")))
        # The name is looked up when something is sent, not here: the file is read on every command.
        why = refusal(value, private=True) if key == "url" else None
        if why is not None:
            faults.append(_problem(path, (*at, key), masked(webhook.url), why))
    return faults


def _shown(location: tuple[str | int, ...], value: Any) -> str:
    """What stands there, without anything that could be a secret."""
    if "secret" in location or isinstance(value, dict):
        return "…"
    return masked(value) if isinstance(value, str) and "url" in location else repr(value)


def _problem(path: Path, location: tuple[str | int, ...], found: Said, accepted: Said) -> Problem:
    key = ".".join(str(part) for part in location)
    line = line_of(path, location)
    return Problem(path.name, f"line {line}, {key}" if line else key, found, accepted)
