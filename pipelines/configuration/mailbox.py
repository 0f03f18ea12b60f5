"""`mailbox` of a spreadsheet source: the IMAP folder whose attachments are read, and which ones.

Add here: a key of a mailbox. Keep out: how the mailbox is read (`pipelines/sources/spreadsheet/`),
and user and password, which stand in `auth` of the source.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.language import text

DOMAIN = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_SENDER = re.compile(rf"^(?:\*|[^\s@<>,;:\"()*]+)@{DOMAIN}$")
_HOST = re.compile(r"^[A-Za-z0-9.:-]+$")


class Mailbox(BaseModel):
    """One folder of an IMAP mailbox. It is only ever read: nothing is marked, moved or deleted.

    A message is read if its From address is one of `senders` and its subject fits `subject`
    (a regular expression, searched without regard to case; default: every subject). Of its
    attachments those whose name fits `attachments` are taken; `files` of the source says as what.
    `since_days` limits how far back the mailbox is searched, in days; what was read once stays.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int | None = Field(default=None, ge=1, le=65535)  # default: 993, else 143
    # none sends the password in the clear, so it is for a server on this machine only.
    encryption: Literal["ssl", "starttls", "none"] = "ssl"
    ca_file: str | None = None  # certificates to trust instead of the system's
    folder: str = Field(default="INBOX", min_length=1)
    senders: tuple[str, ...] = Field(min_length=1)  # li@acme.cn, or *@acme.cn
    subject: str | None = None
    attachments: str = Field(default="*", min_length=1)
    since_days: int = Field(default=90, ge=1, le=3660)
    timeout_seconds: float = Field(default=60, gt=0, le=600)
    # Only mail whose From domain signed it (DKIM), as the receiving server `authserv_id` says.
    require_dkim: bool = False
    authserv_id: str | None = None

    @field_validator("host")
    @classmethod
    def _name_only(cls, value: str) -> str:
        if not _HOST.match(value):
            raise ValueError(text("config.mailbox.host"))
        return value

    @field_validator("senders", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @field_validator("senders")
    @classmethod
    def _addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        lowered = tuple(value.strip().lower() for value in values)
        if any(not _SENDER.match(value) for value in lowered):
            raise ValueError(text("config.mailbox.senders"))
        return lowered

    @field_validator("subject")
    @classmethod
    def _is_pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(text("config.pattern", error=error)) from None
        return value

    @model_validator(mode="after")
    def _safe(self) -> Mailbox:
        if self.encryption == "none" and not is_loopback(self.host):
            raise ValueError(text("config.mailbox.encryption"))
        if self.encryption == "starttls" and self.port == 993:
            raise ValueError(text("config.mailbox.port"))
        if self.require_dkim and not self.authserv_id:
            raise ValueError(text("config.mailbox.dkim"))
        return self

    @property
    def port_used(self) -> int:
        return self.port or (993 if self.encryption == "ssl" else 143)

    @property
    def where(self) -> str:
        """Host, port and folder, as they may be shown."""
        return f"{self.host}:{self.port_used} {self.folder}"


def is_loopback(host: str) -> bool:
    """True for this machine itself: `localhost` or a loopback address; no name is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
