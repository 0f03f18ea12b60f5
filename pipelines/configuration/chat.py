"""`chat` of board.yml: the bots that people talk to, and what proves that a message is of theirs.

Add here: a key of that part. Keep out: how a message is checked (`board/chat/`), whose a sender's id is
(`chat` of recipients.yml).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipelines.configuration.mailbox import is_loopback
from pipelines.language import text

Platform = Literal["wecom", "dingtalk", "feishu"]
_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")


def _referred(value: str) -> str:
    if not _REFERENCE.fullmatch(value):
        raise ValueError(text("config.chat.secret"))
    return value


def _address(value: str) -> str:
    found = re.fullmatch(r"(https?)://([^/\s:@?#]+)(:\d+)?", value)
    if not found or (found[1] == "http" and not is_loopback(found[2])):
        raise ValueError(text("config.chat.address"))
    return value


Secret = Annotated[str, AfterValidator(_referred)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wecom(_Part):
    """An application of the company whose messages are received: 企业微信, 接收消息."""

    corp_id: str = Field(min_length=1)
    token: Secret
    aes_key: Secret


class Dingtalk(_Part):
    """A robot of the company in HTTP mode. Replies go to `hosts` alone, whatever a message names."""

    app_secret: Secret
    hosts: tuple[str, ...] = ("oapi.dingtalk.com", "api.dingtalk.com")


class Feishu(_Part):
    """An app with a bot and event subscription. Without app_id and app_secret it hears and says nothing."""

    encrypt_key: Secret
    verification_token: Secret
    app_id: str | None = None
    app_secret: Secret | None = None
    base_url: Annotated[str, AfterValidator(_address)] = "https://open.feishu.cn"


class Chat(_Part):
    """Which bots there are."""

    wecom: Wecom | None = None
    dingtalk: Dingtalk | None = None
    feishu: Feishu | None = None
