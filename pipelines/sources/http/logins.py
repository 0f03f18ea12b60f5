"""Credentials that a system has refused are not tried again: not in this run, not in the next.

Add here: what is remembered of a login. Keep out: logging in (`auth.py`, each system's own login).

A system locks an account that is tried too often, and nobody watches at night. So a refusal is
written beside the data, with a fingerprint of the credentials (never the credentials: scrypt with a
salt of its own, so that a short password cannot be found by trying). It stands until they change, or
until somebody asks for a check, which tries once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
from pathlib import Path

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure

FOLDER = "logins"


class LoginRefused(PermanentFailure):
    """The system did not take the credentials. No `Refusal`: nobody may take it for one object's."""


class LoginMemory:
    """What is known of the login of one source. `once_more`: a person asks, so it is tried again."""

    def __init__(self, source: Source, data_dir: Path | None, *, once_more: bool = False) -> None:
        self._source, self._once_more = source, once_more
        self._path = data_dir / FOLDER / f"{source.name}.json" if data_dir else None

    def stop_if_refused(self) -> None:
        """Raise `LoginRefused` if these very credentials were refused before."""
        known = self._read()
        if known is None or self._once_more:
            return
        if self._fingerprint(bytes.fromhex(known["salt"])) != known["fingerprint"]:
            return
        raise LoginRefused(
            f"Did not log in to {self._source.name}",
            where=str(known.get("where", "")),
            cause=f"these credentials were refused on {known['at'][:16].replace('T', ' ')} UTC "
            f"({known.get('cause', '')}), so they are not tried again",
            next_step=str(known.get("next_step") or "correct the credentials")
            + "; then run `forewarn check`, which tries once",
        )

    def refused(self, failure: PermanentFailure) -> None:
        """Remember that these credentials were refused."""
        if self._path is None:
            return
        salt = os.urandom(16)
        content = {
            "at": dt.datetime.now(dt.UTC).isoformat(),
            "salt": salt.hex(),
            "fingerprint": self._fingerprint(salt),
            "where": failure.where,
            "cause": failure.cause,
            "next_step": failure.next_step,
        }
        # A disk that takes nothing must not hide why the login failed.
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self._path.with_suffix(".tmp")
            fresh.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
            fresh.chmod(0o600)
            fresh.replace(self._path)

    def accepted(self) -> None:
        """Forget the refusal: a login has succeeded."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _read(self) -> dict[str, str] | None:
        if self._path is None:
            return None
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            return content if {"salt", "fingerprint", "at"} <= content.keys() else None
        except (OSError, ValueError, AttributeError):
            return None

    def _fingerprint(self, salt: bytes) -> str:
        source = self._source
        parts = [source.base_url or ""]
        for key in sorted(source.auth):
            parts += [key, _content(source.secret(key))]
        return hashlib.scrypt("\n".join(parts).encode(), salt=salt, n=2**14, r=8, p=1).hex()


def _content(value: str) -> str:
    """The credential itself; where it names a file, as keys do, what stands in it."""
    if len(value) < 300 and "/" in value:
        with contextlib.suppress(OSError, UnicodeError, ValueError):
            return Path(value).expanduser().read_text(encoding="ascii")
    return value
