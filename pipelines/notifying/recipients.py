"""recipients.yml: who is told, by which channel, about which slice, and when not.

Add here: a key of that file. Keep out: what is selected for whom (`selection.py`).

A recipient that cannot work is refused with the line and the fix; the others are told all the same.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.configuration.chat import Platform
from pipelines.configuration.problems import Problem, read_yaml
from pipelines.entities import SCOPE_TYPES
from pipelines.language import languages, text
from pipelines.notifying.channels import fault
from pipelines.notifying.lines import line_of
from pipelines.notifying.secrets import masked
from pipelines.notifying.webhooks.configured import Webhook, read_webhooks

Role = Literal["director", "manager", "rep", "data_owner"]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ACCEPTED = text("config.recipients.list")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuietHours(_Part):
    """No notice between two local times; it may pass midnight (20:00 to 08:00)."""

    start: dt.time = Field(alias="from")
    until: dt.time

    @field_validator("start", "until", mode="before")
    @classmethod
    def _clock_time(cls, value: Any) -> dt.time:
        # YAML reads an unquoted 20:00 as a number to base 60: 1200.
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
            return dt.time(value // 60, value % 60)
        try:
            return dt.time.fromisoformat(str(value))
        except ValueError:
            raise ValueError(text("config.recipients.time")) from None

    def covers(self, moment: dt.time) -> bool:
        """Whether that local time is quiet. Equal ends mean never."""
        if self.start <= self.until:
            return self.start <= moment < self.until
        return moment >= self.start or moment < self.until


class Recipient(_Part):
    """One person who is told. `scopes` are (scope_type, scope_id), children included.

    `digest_day` is 0 for Monday. `urgent_budget` is the most urgent notices in one week of the company.
    """

    # It names a folder of the outbox and stands in links: nothing that leads elsewhere.
    person_id: str = Field(pattern=r"^[\w@+-][\w.@+-]{0,99}$")
    name: str = ""
    language: str = "zh"
    role: Role
    channels: tuple[str, ...] = Field(min_length=1)
    scopes: tuple[tuple[str, str], ...] = ()
    quiet_hours: QuietHours | None = None
    digest_day: int = 0
    urgent_budget: int = Field(default=5, ge=0, le=100)
    # Reports that they are told of when they are there; for those who see the whole company.
    reports: tuple[Literal["weekly", "monthly", "quarterly"], ...] = ()
    # Who they are where they write to a bot: platform to the id that it gives them.
    chat: dict[Platform, str] = Field(default_factory=dict)

    @field_validator("language")
    @classmethod
    def _has_catalogue(cls, value: str) -> str:
        if value not in languages():
            raise ValueError(text("config.one_of_languages", languages=[*languages()]))
        return value

    @field_validator("person_id", mode="before")
    @classmethod
    def _id_as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("scopes", mode="before")
    @classmethod
    def _scopes_from_text(cls, value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(text("config.recipients.scope_list"))
        return tuple(_scope(item) for item in value)

    @field_validator("digest_day", mode="before")
    @classmethod
    def _day_from_name(cls, value: Any) -> Any:
        if isinstance(value, str) and value.lower() in DAYS:
            return DAYS.index(value.lower())
        raise ValueError(text("config.one_of_days", days=[*DAYS]))

    @property
    def sees_company(self) -> bool:
        """Whether the whole company is theirs to see."""
        return self.role == "data_owner" or ("company", "company") in self.scopes


class Links(_Part):
    """Where the answering endpoint is reached, and for how many days a link works."""

    base_url: str = Field(default="http://127.0.0.1:3080", pattern=r"^https?://[^\s?#@]+$")
    valid_days: int = Field(default=14, ge=1, le=90)


@dataclass(frozen=True)
class RecipientBook:
    """Everything in recipients.yml that can be used."""

    recipients: tuple[Recipient, ...] = ()
    links: Links = field(default_factory=Links)
    webhooks: tuple[Webhook, ...] = ()


def _scope(item: Any) -> tuple[str, str]:
    scope_type, _, scope_id = str(item).partition(":")
    scope_type, scope_id = scope_type.strip(), scope_id.strip()
    if scope_type == "company" and not scope_id:
        scope_id = "company"
    if scope_type not in (*SCOPE_TYPES, "source") or not scope_id:
        raise ValueError(text("config.recipients.scopes"))
    return scope_type, scope_id


def read_recipients(
    path: Path,
    problems: list[Problem],
    *,
    scopes: Collection[tuple[str, str]] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> RecipientBook:
    """Read recipients.yml; faults go to `problems`, and what is sound comes back.

    Channels with a `${NAME}` that is not set are accepted: whether they work shows when they are
    used. `scopes` are those the company has, to refuse others; None leaves them unchecked.
    """
    content = read_yaml(path, problems, accepted=_ACCEPTED)
    if content is None:
        return RecipientBook()
    if not isinstance(content, dict) or not isinstance(content.get("recipients"), list):
        problems.append(Problem(path.name, "recipients", text("config.not_a_list"), _ACCEPTED))
        return RecipientBook()
    for key in sorted(set(content) - {"recipients", "links", "defaults", "webhooks"}):
        where = _where(path, (key,))
        problems.append(
            Problem(
                path.name,
                where,
                text("config.unknown_key"),
                "recipients, defaults, links, webhooks",
            )
        )
    defaults = content.get("defaults") or {}
    links = Links()
    try:
        links = Links.model_validate(content.get("links") or {})
    except ValidationError as error:
        _add(path, ("links",), error, problems)
    found: dict[str, Recipient] = {}
    for number, entry in enumerate(content["recipients"]):
        at: tuple[str | int, ...] = ("recipients", number)
        if not isinstance(entry, dict) or not isinstance(defaults, dict):
            problems.append(
                Problem(path.name, _where(path, at), text("config.not_keys"), _ACCEPTED)
            )
            continue
        try:
            recipient = Recipient.model_validate({**defaults, **entry})
        except ValidationError as error:
            _add(path, at, error, problems)
            continue
        faults = list(_faults(path, at, recipient, found, scopes, environment))
        problems.extend(faults)
        if not faults:
            found[recipient.person_id] = recipient
    webhooks = read_webhooks(path, content.get("webhooks"), problems, environment)
    return RecipientBook(tuple(found.values()), links, webhooks)


def _faults(
    path: Path,
    at: tuple[str | int, ...],
    recipient: Recipient,
    earlier: Mapping[str, Recipient],
    scopes: Collection[tuple[str, str]] | None,
    environment: Mapping[str, str],
) -> list[Problem]:
    faults = []
    if recipient.person_id in earlier:
        found = text("config.recipients.twice", person=recipient.person_id)
        key = _where(path, (*at, "person_id"))
        faults.append(Problem(path.name, key, found, text("config.recipients.once")))
    for platform, ident in recipient.chat.items():
        if any(other.chat.get(platform) == ident for other in earlier.values()):
            found = text("config.recipients.twice", person=ident)
            key = _where(path, (*at, "chat", platform))
            faults.append(Problem(path.name, key, found, text("config.recipients.once")))
    for number, channel in enumerate(recipient.channels):
        wrong = fault(channel, environment)
        if wrong is not None:
            key = _where(path, (*at, "channels", number))
            accepted = text("config.recipients.channels")
            found = text("config.recipients.wrong", channel=masked(channel), why=wrong)
            faults.append(Problem(path.name, key, found, accepted))
    for number, scope in enumerate(recipient.scopes):
        if scopes is not None and scope not in scopes and scope[0] != "source":
            known = sorted(scope_id for kind, scope_id in scopes if kind == scope[0])
            key = _where(path, (*at, "scopes", number))
            some = f"{scope[0]} {', '.join(known[:8])}" if known else None
            none = text("config.recipients.no_such_scope", kind=scope[0], scope=scope[1])
            known_scopes = some or text("config.recipients.existing_scope")
            faults.append(Problem(path.name, key, none, known_scopes))
    if recipient.reports and not recipient.sees_company:
        found, accepted = text("config.recipients.reports"), text("config.recipients.reports_whose")
        faults.append(Problem(path.name, _where(path, (*at, "reports")), found, accepted))
    if not recipient.scopes and recipient.role in {"director", "manager"}:
        key = _where(path, at)
        faults.append(
            Problem(
                path.name,
                key,
                text("config.recipients.no_scopes"),
                text("config.recipients.some_scopes"),
            )
        )
    return faults


def _add(
    path: Path, at: tuple[str | int, ...], error: ValidationError, problems: list[Problem]
) -> None:
    """Pydantic's faults as problems. The value of a channel is masked: it may be a whole URL."""
    for item in error.errors():
        key = _where(path, (*at, *item["loc"]))
        if item["type"] == "missing":
            found, accepted = "is missing", "a value for this key"
        elif item["type"] == "extra_forbidden":
            found, accepted = "unknown key", "the documented keys of this file"
        else:
            value = item["input"]
            secret = "channels" in item["loc"]
            shown = masked(value) if secret and isinstance(value, str) else repr(value)
            found = (
                "this value" if isinstance(value, dict) or (secret and "://" in shown) else shown
            )
            accepted = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        problems.append(Problem(path.name, key, found, accepted))


def _where(path: Path, location: tuple[str | int, ...]) -> str:
    key = ".".join(str(part) for part in location)
    line = line_of(path, location)
    return f"line {line}, {key}" if line else key
