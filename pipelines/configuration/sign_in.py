"""Where people sign in: `auth` of board.yml with `mode: sign_in`.

Add here: a key of a provider. Keep out: the way through its pages (`board/access/sign_in/`).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipelines.configuration.chat import Secret
from pipelines.configuration.mailbox import is_loopback
from pipelines.language import text


def _address(value: str) -> str:
    found = re.fullmatch(r"(https?)://([^/\s:@?#]+)(:\d+)?(/[^\s?#]*)?", value)
    # In the clear to this machine alone: a code that is read on its way signs somebody else in.
    if not found or (found[1] == "http" and not is_loopback(found[2])):
        raise ValueError(text("config.sign_in.address"))
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


class _Provider(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Oidc(_Provider):
    """Any provider of OpenID Connect. `claim` of its ID token is a person id, an e-mail or user id of people.csv."""

    issuer: Address
    client_id: str = Field(min_length=1)
    client_secret: Secret
    claim: str = "email"
    scope: str = "openid email profile"


class WecomSignIn(_Provider):
    """企业微信: an application of the company. `people`: whose its user ids are, `chat` of recipients.yml
    or the ids of people themselves.
    """

    corp_id: str = Field(min_length=1)
    agent_id: str = Field(min_length=1)
    secret: Secret
    people: Literal["chat", "ids"] = "chat"
    login_url: Address = "https://login.work.weixin.qq.com"
    base_url: Address = "https://qyapi.weixin.qq.com"


class FeishuSignIn(_Provider):
    """飞书: an app of the company. `people` as in 企业微信; ids are its user_id."""

    app_id: str = Field(min_length=1)
    app_secret: Secret
    people: Literal["chat", "ids"] = "chat"
    login_url: Address = "https://accounts.feishu.cn"
    base_url: Address = "https://open.feishu.cn"
