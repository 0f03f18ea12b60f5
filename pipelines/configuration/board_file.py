"""board.yml: who may open the board, and how it is known who they are. The file may be missing.

Add here: a key of that file. Keep out: what a person may see (`board/access/viewers.py`): roles come
from people, teams and recipients.yml.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.configuration.chat import Chat
from pipelines.configuration.problems import Problem, read_model
from pipelines.configuration.sign_in import Address, FeishuSignIn, Oidc, WecomSignIn
from pipelines.language import text


class Auth(BaseModel):
    """How a reader is known. `none`: this machine only, everything is shown to whoever sits at it.

    `proxy`: a proxy that signs people in says in `header` who asks; it is believed from the socket
    addresses in `proxies` alone. The value is a person id, an e-mail of people.csv or its user id.

    `sign_in`: people sign in at `oidc`, `wecom` or `feishu`, one of them; `address` is where they reach
    the board.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["none", "proxy", "sign_in"] = "none"
    header: str = Field(default="X-Forwarded-User", pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    address: Address | None = None
    oidc: Oidc | None = None
    wecom: WecomSignIn | None = None
    feishu: FeishuSignIn | None = None

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            try:
                ipaddress.ip_network(item, strict=False)
            except ValueError:
                raise ValueError(text("config.board.proxies")) from None
        return value

    @model_validator(mode="after")
    def _one_provider(self) -> Auth:
        providers = [one for one in (self.oidc, self.wecom, self.feishu) if one is not None]
        if self.mode == "sign_in" and (len(providers) != 1 or self.address is None):
            raise ValueError(text("config.sign_in.one"))
        return self


class BoardFile(BaseModel):
    """What a company decides about its board. `hosts` are the names under which people reach it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    auth: Auth = Field(default_factory=Auth)
    chat: Chat = Field(default_factory=Chat)
    hosts: tuple[str, ...] = ()
    session_hours: int = Field(default=12, ge=1, le=24 * 31)


def read_board(path: Path, problems: list[Problem]) -> BoardFile:
    """Read board.yml; faults go to `problems`, and the defaults hold where there is no file."""
    if not path.exists():
        return BoardFile()
    found = read_model(path, problems, BoardFile, accepted=text("config.board.keys"))
    return found or BoardFile()
