"""Signed links that expire: which alert, answered by whom.

Add here: what a link carries. Keep out: what the endpoint does with it (`endpoint.py`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner

from pipelines.failures import PermanentFailure
from pipelines.language import text

KEY_VARIABLE = "FOREWARN_LINK_KEY"
_SHORTEST_KEY = 16
Clock = Callable[[], dt.datetime]


class LinkExpired(Exception):
    """The link was good once."""


class LinkInvalid(Exception):
    """The link is cut off, changed, or signed with another key."""


@dataclass(frozen=True)
class LinkTarget:
    """What a link is for: one alert, answered by one person."""

    alert_id: str
    person_id: str


class Links:
    """Makes and reads links. `clock` gives now; the company's fixed clock goes in here too."""

    def __init__(self, key: str, base_url: str, valid_days: int, clock: Clock) -> None:
        self._base, self._seconds = base_url.rstrip("/"), valid_days * 86400

        class Signer(TimestampSigner):
            def get_timestamp(self) -> int:
                return int(clock().timestamp())

        self._serializer = URLSafeTimedSerializer(key, salt="forewarn-answer", signer=Signer)

    def make(self, alert_id: str, person_id: str) -> str:
        """The address that lets this person answer this alert."""
        return f"{self._base}/a/{self._serializer.dumps([alert_id, person_id])}"

    def read(self, token: str) -> LinkTarget:
        """What a token is for. Raises LinkExpired or LinkInvalid."""
        try:
            content = self._serializer.loads(token, max_age=self._seconds)
        except SignatureExpired as error:
            raise LinkExpired from error
        except (BadData, ValueError) as error:
            raise LinkInvalid from error
        if not (isinstance(content, list) and len(content) == 2):
            raise LinkInvalid
        return LinkTarget(str(content[0]), str(content[1]))


def link_key(data_dir: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The signing key: FOREWARN_LINK_KEY, else `link.key` in the data folder, made when missing.

    Two processes that make it at once end with one key. Raises PermanentFailure for a key that
    is too short, or a file that others may read.
    """
    given = environment.get(KEY_VARIABLE)
    if given:
        if len(given) < _SHORTEST_KEY:
            raise _unusable(KEY_VARIABLE, f"it has fewer than {_SHORTEST_KEY} characters",
                            "set a longer one, such as the output of `openssl rand -hex 32`")  # fmt: skip
        return given
    path = data_dir / "link.key"
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise _unusable(str(path), "others may read it", f"chmod 600 {path.name}")
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or "cannot be read"
        raise _unusable(str(path), cause, f"make it readable or set {KEY_VARIABLE}") from error
    if len(key) < _SHORTEST_KEY:
        raise _unusable(str(path), "it is cut off", "delete it: a new one is made, old links end")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, fails where another process was first
    finally:
        draft.unlink(missing_ok=True)


def _unusable(where: str, cause: str, next_step: str) -> PermanentFailure:
    return PermanentFailure(
        text("notice.sign_links"), where=where, cause=cause, next_step=next_step
    )
