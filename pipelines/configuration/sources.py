"""sources.yml: the systems and sheets that the nightly run reads.

Add here: a key that every source may have. Keep out: the mapping of a sheet (`file_mapping.py`), and
what a system does with its own `options` and `auth` (its module checks those).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.configuration.file_mapping import FileMapping
from pipelines.configuration.mailbox import Mailbox, is_loopback
from pipelines.configuration.problems import (
    ConfigurationError,
    Problem,
    add_validation_problems,
    read_yaml,
)
from pipelines.language import text

System = Literal["spreadsheet", "salesforce", "zoho", "jiandaoyun", "kingdee", "neocrm", "fxiaoke"]
_REFERENCE = re.compile(r"^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$")


def address_parts(value: str) -> SplitResult | None:
    """An address taken apart; None if it is none: blanks, a port that cannot be."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return None if re.search(r"\s", value) else parts


class Source(BaseModel):
    """One source. `auth` values may be `${NAME}` references to the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    system: System
    folder: str | None = None
    files: tuple[FileMapping, ...] = ()
    # A spreadsheet source reads attachments of this mailbox, instead of a folder or beside it.
    mailbox: Mailbox | None = Field(default=None, repr=False)
    base_url: str | None = None
    auth: dict[str, str] = Field(default_factory=dict, repr=False)
    options: dict[str, Any] = Field(default_factory=dict)
    # hold: a failure of this source stops the publication; continue: its figures are marked
    # untrusted and the rest is published. A new source holds for its first week by default.
    on_failure: Literal["hold", "continue"] | None = None
    # hourly: read again in working hours; nightly: by the night alone, as a CRM with few requests wants.
    refresh: Literal["hourly", "nightly"] = "hourly"
    # What dates a closing when the record's own closing date and its stage history disagree.
    close_date: Literal["recorded", "stage_entry"] = "recorded"

    # How people open one of its records: an address with {id} (and {base_url}, {entity}).
    record_url: str | None = None

    @field_validator("record_url")
    @classmethod
    def _leads_to_a_record(cls, value: str | None) -> str | None:
        # The board writes it into links: nothing but a web address.
        plain = (value or "").replace("{base_url}", "https://x")
        if value and not (re.match(r"^https?://[^\s\"'<>]+$", plain) and "{id}" in value):
            raise ValueError(text("config.sources.record_url"))
        return value

    @field_validator("name", mode="before")
    @classmethod
    def _name_says_rule(cls, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", value):
            raise ValueError(text("config.sources.name"))
        return value

    @field_validator("auth")
    @classmethod
    def _whole_references(cls, value: dict[str, str]) -> dict[str, str]:
        for key, given in value.items():
            if "${" in given and not _REFERENCE.match(given):
                raise ValueError(text("config.sources.reference", key_name=key))
        return value

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = address_parts(value)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(text("config.sources.address"))
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(text("config.sources.bare_address"))
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(text("config.sources.encrypted_address"))
        return value

    @model_validator(mode="after")
    def _has_place(self) -> Source:
        if self.system == "spreadsheet":
            if not self.folder and not self.mailbox:
                raise ValueError(text("config.sources.folder_or_mailbox"))
            if self.mailbox and not {"user", "password"} <= self.auth.keys():
                raise ValueError(text("config.sources.mailbox_auth"))
        elif self.mailbox:
            raise ValueError(text("config.sources.mailbox_only"))
        elif not self.base_url:
            raise ValueError(text("config.sources.base_url", system=self.system))
        return self

    def secret(self, key: str) -> str:
        """The value of an `auth` key, taken from the environment if it is a reference.

        Raises `ConfigurationError` naming the source, the key and the variable, never a value.
        """
        if key not in self.auth:
            problem = Problem(
                "sources.yml",
                f"{self.name}.auth.{key}",
                text("config.missing"),
                "a ${NAME} reference",
            )
            raise ConfigurationError([problem])
        return resolve(self.auth[key], f"{self.name}.auth.{key}")


def resolve(value: str, key: str) -> str:
    """A plain value as it is, a `${NAME}` reference from the environment.

    Raises `ConfigurationError` that names the variable if it is not set.
    """
    match = _REFERENCE.match(value)
    if not match:
        return value
    found = os.environ.get(match.group(1))
    if not found:
        problem = Problem(
            "sources.yml",
            key,
            text("config.no_variable", group=match.group(1)),
            text("config.export_first", group=match.group(1)),
        )
        raise ConfigurationError([problem])
    return found


def read_sources(path: Path, problems: list[Problem]) -> list[Source]:
    """Read sources.yml; every fault goes to `problems`. Names must differ."""
    content = read_yaml(path, problems, accepted=text("config.sources.start"))
    if content is None:
        return []
    entries = content.get("sources") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not entries:
        problems.append(
            Problem(path.name, "sources", text("config.sources.none"), text("config.sources.one"))
        )
        return []
    sources: list[Source] = []
    for position, entry in enumerate(entries):
        label = f"sources[{position}]"
        if not isinstance(entry, dict):
            problems.append(
                Problem(path.name, label, text("config.not_keys"), text("config.sources.mapping"))
            )
            continue
        try:
            source = Source(**entry)
        except ValidationError as error:
            add_validation_problems(
                path.name,
                error,
                problems,
                prefix=f"{label}({entry.get('name', '?')})",
                model=Source,
            )
            continue
        if source.name in {other.name for other in sources}:
            problems.append(
                Problem(
                    path.name, f"{label}.name", f"{source.name!r} twice", text("config.own_name")
                )
            )
        sources.append(source)
    return sources
