"""Signing in with 企业微信 and 飞书: OAuth 2 of their own, which give a user id of the company.

Add here: another chat that people sign in with. Keep out: messages to bots (`board/chat/`).
"""

from __future__ import annotations

from urllib.parse import urlencode

from authlib.integrations.httpx_client import OAuth2Client

from pipelines.board.access.sign_in.attempts import Attempt, NotSignedIn, asked, secret
from pipelines.configuration.chat import Platform
from pipelines.configuration.sign_in import FeishuSignIn, WecomSignIn
from pipelines.notifying.recipients import RecipientBook


def person_of(book: RecipientBook, platform: Platform, idents: set[str]) -> str:
    """The recipient whose `chat` names one of the ids. Raises NotSignedIn for none and for two."""
    found = {one.person_id for one in book.recipients if one.chat.get(platform) in idents}
    if len(found) != 1:
        raise NotSignedIn
    return found.pop()


class WecomProvider:
    """An application of the company; its page shows a code to scan, or knows the person already."""

    name = "wecom"

    def __init__(self, settings: WecomSignIn, book: RecipientBook) -> None:
        self._settings, self._book = settings, book

    def address(self, attempt: Attempt, done: str) -> str:
        settings = self._settings
        query = {"login_type": "CorpApp", "appid": settings.corp_id, "agentid": settings.agent_id,
                 "redirect_uri": done, "state": attempt.state}  # fmt: skip
        return f"{settings.login_url}/wwlogin/sso/login?{urlencode(query)}"

    def identify(self, attempt: Attempt, code: str, done: str) -> str:
        base = f"{self._settings.base_url}/cgi-bin"
        login = asked(
            f"{base}/gettoken",
            corpid=self._settings.corp_id, corpsecret=secret(self._settings.secret),
        )  # fmt: skip
        found = asked(
            f"{base}/auth/getuserinfo", access_token=str(login.get("access_token", "")), code=code
        )
        # Whoever is no member of the company has an openid and no userid.
        user = found.get("userid")
        if found.get("errcode") != 0 or not isinstance(user, str) or not user:
            raise NotSignedIn
        return user if self._settings.people == "ids" else person_of(self._book, "wecom", {user})


class FeishuProvider:
    """An app of the company, by the standard's code with PKCE, then the person's own data."""

    name = "feishu"

    def __init__(self, settings: FeishuSignIn, book: RecipientBook) -> None:
        self._settings, self._book = settings, book

    def address(self, attempt: Attempt, done: str) -> str:
        settings = self._settings
        with OAuth2Client(
            settings.app_id, redirect_uri=done, code_challenge_method="S256"
        ) as client:
            found, _ = client.create_authorization_url(
                f"{settings.login_url}/open-apis/authen/v1/authorize",
                state=attempt.state, code_verifier=attempt.verifier,
            )  # fmt: skip
        return str(found)

    def identify(self, attempt: Attempt, code: str, done: str) -> str:
        settings, base = self._settings, f"{self._settings.base_url}/open-apis/authen"
        # As JSON: the standard's form is not what the platform documents.
        token = asked(
            f"{base}/v2/oauth/token",
            content={
                "grant_type": "authorization_code", "client_id": settings.app_id,
                "client_secret": secret(settings.app_secret), "code": code, "redirect_uri": done,
                "code_verifier": attempt.verifier,
            },
        )  # fmt: skip
        if token.get("code") != 0 or not token.get("access_token"):
            raise NotSignedIn
        found = asked(f"{base}/v1/user_info", token=str(token["access_token"]))
        data = found.get("data")
        if found.get("code") != 0 or not isinstance(data, dict):
            raise NotSignedIn
        if self._settings.people == "ids":
            user = data.get("user_id")
            if not isinstance(user, str) or not user:
                raise NotSignedIn
            return user
        idents = {str(data[kind]) for kind in ("open_id", "user_id", "union_id") if data.get(kind)}
        return person_of(self._book, "feishu", idents)
