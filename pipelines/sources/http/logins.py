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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure
from pipelines.language import Said, languages, text
from pipelines.language.text import in_words

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
        at = known["at"][:16].replace("T", " ")
        raise LoginRefused(
            text("sources.login.not_again", source=self._source.name),
            where=_said(known.get("where")),
            cause=text("sources.login.not_again.why", at=at, cause=_said(known.get("cause"))),
            next_step=text("sources.login.not_again.step", step=_said(known.get("next_step"))),
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
            "where": _kept(failure.where),
            "cause": _kept(failure.cause),
            "next_step": _kept(failure.next_step or text("sources.login.correct")),
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

    def _read(self) -> dict[str, Any] | None:
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


@dataclass(frozen=True)
class _Kept:
    """What was said, as the file keeps it: in every language."""

    words: Mapping[str, str]

    def into(self, language: str) -> str:
        return self.words.get(language) or self.words.get("en", "")


def _kept(said: Said) -> dict[str, str]:
    return {language: in_words(said, language) for language in languages()}


def _said(words: Any) -> Any:
    return _Kept(words) if isinstance(words, dict) else ""


def _content(value: str) -> str:
    """The credential itself; where it names a file, as keys do, what stands in it."""
    if len(value) < 300 and "/" in value:
        with contextlib.suppress(OSError, UnicodeError, ValueError):
            return Path(value).expanduser().read_text(encoding="ascii")
    return value
