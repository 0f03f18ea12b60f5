"""What has been fetched from a mailbox: each attachment once, and the names they bear for ever.

Add here: a fact about a message that later nights need.
Keep out: which messages are wanted (`mail_rules.py`), and the mailbox itself.

`mail/<source>/index.json` in the data folder knows messages and names, `content/` holds the bytes
by their hash. Nothing is ever removed: a message that is deleted in the mailbox stays in force.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import Text, stored
from pipelines.language.text import InEach
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.places.mail_parts import Attachment
from pipelines.sources.spreadsheet.places.mail_rules import MailHead

_VERSION = 1


@dataclass(frozen=True)
class KeptFile:
    """One attachment as it was fetched. `name` is unique within the source and never changes.

    `sha256` is empty for a file that was refused or that nobody wanted then. The index of an
    earlier version has no Chinese reason; the English one is shown then.
    """

    name: str
    title: str
    size: int
    sha256: str
    refused: str = ""
    refused_zh: str = ""
    refused_others: str = ""  # in further languages, as `language.stored` keeps them

    @property
    def why_refused(self) -> Text | None:
        if not self.refused:
            return None
        kept = {"why_en": self.refused, "why_zh": self.refused_zh or self.refused}
        return InEach(stored.in_each({**kept, stored.COLUMN: self.refused_others}, "why"))


@dataclass(frozen=True)
class KeptMail:
    """One message that was read."""

    head: MailHead
    files: tuple[KeptFile, ...]


class MailStore:
    """The fetched messages of one source. With `keep=False` nothing is written into `folder`."""

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        """Raises `PermanentFailure` if the index is there and cannot be read."""
        self._folder = self._target = folder
        self._trial: tempfile.TemporaryDirectory[str] | None = None
        if not keep:
            self._trial = tempfile.TemporaryDirectory(prefix="forewarn-mail-")
            self._target = Path(self._trial.name)
        self.mails: dict[str, KeptMail] = {}
        self._uids: dict[str, dict[str, Any]] = {}
        self._changed = False
        self._read_index()
        self._names = {file.name for mail in self.mails.values() for file in mail.files}

    def known_uids(self, mailbox: str, uidvalidity: int) -> dict[int, str]:
        """UID -> key of the messages read under this UIDVALIDITY; 0 means that UIDs mean nothing."""
        known = self._uids.get(mailbox)
        if not known or not uidvalidity or known["uidvalidity"] != uidvalidity:
            return {}
        return {int(uid): key for uid, key in known["uids"].items()}

    def note_uid(self, mailbox: str, uidvalidity: int, uid: int, key: str) -> None:
        """Remember under which number a message is known; another UIDVALIDITY forgets the old."""
        known = self._uids.get(mailbox)
        if not known or known["uidvalidity"] != uidvalidity:
            known = dict[str, Any](uidvalidity=uidvalidity, uids={})
            self._uids[mailbox] = known
        known["uids"][str(uid)] = key
        self._changed = True

    def whole(self, key: str, wanted: Callable[[str], bool]) -> bool:
        """True if the message is known and the bytes of all files `wanted` by title are at hand."""
        mail = self.mails.get(key)
        return mail is not None and all(
            file.refused or not wanted(file.title) or self._content(file.sha256)
            for file in mail.files
        )

    def add(
        self, head: MailHead, found: Sequence[Attachment], wanted: Callable[[str], bool], day: str
    ) -> None:
        """Keep a message, and the bytes of the files `wanted` by title. The name is `<day> <sender> <title>`, numbered if it is taken.

        The same file of the same message that was known under another key keeps its name.
        """
        before, twins = self._before(head)
        files = []
        for item in found:
            taken = not item.refused and wanted(item.title)
            digest = hashlib.sha256(item.content).hexdigest() if taken else ""
            earlier = before.pop((item.title, digest), None) or before.pop((item.title, ""), None)
            name = earlier or self._free_name(f"{day} {head.sender} {item.title}")
            self._names.add(name)
            if digest and not self._content(digest):
                self._write(self._target / "content" / digest[:2] / digest, item.content)
            said = item.refused
            why = (said.en, said.zh, stored.in_others(why=said) or "") if said else ()
            files.append(KeptFile(name, item.title, len(item.content), digest, *why))
        if not before:
            for key in twins:
                self._forget(key, head.key)
        self.mails[head.key] = KeptMail(head, tuple(files))
        self._changed = True

    def read(self, sha256: str) -> bytes | None:
        """The bytes of a file, or None if they have been removed or altered."""
        path = self._content(sha256)
        data = path.read_bytes() if path else None
        return data if data is not None and hashlib.sha256(data).hexdigest() == sha256 else None

    def save(self) -> None:
        """Write the index if something is new. The bytes are already there."""
        if not self._changed:
            return
        content = {
            "version": _VERSION,
            "mailboxes": self._uids,
            "messages": {key: asdict(mail) for key, mail in self.mails.items()},
        }
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1)
        self._write(self._target / "index.json", text.encode())
        self._changed = False

    def _before(self, head: MailHead) -> tuple[dict[tuple[str, str], str], list[str]]:
        """The same message under other keys: (title, hash) -> name, and those keys.

        A message copied or moved by a server may come back with another size.
        """
        mark = (head.message_id, head.date, head.sender)
        twins = [
            key
            for key, mail in self.mails.items()
            if key == head.key
            or (all(mark) and mark == (mail.head.message_id, mail.head.date, mail.head.sender))
        ]
        files = (file for key in twins for file in self.mails[key].files)
        return {(file.title, file.sha256): file.name for file in files}, twins

    def _forget(self, old: str, new: str) -> None:
        """Let another key stand for a message, under whatever number it is known."""
        self.mails.pop(old, None)
        for known in self._uids.values():
            known["uids"].update({uid: new for uid, key in known["uids"].items() if key == old})

    def _free_name(self, wanted: str) -> str:
        path, number, name = Path(wanted), 1, wanted
        while name in self._names:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        return name

    def _content(self, sha256: str) -> Path | None:
        for folder in (self._target, self._folder) if sha256 else ():
            path = folder / "content" / sha256[:2] / sha256
            if path.is_file():
                return path
        return None

    def _read_index(self) -> None:
        path = self._folder / "index.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["version"] != _VERSION:
                raise ValueError(f"version {content['version']}")
            self._uids = content["mailboxes"]
            for key, mail in content["messages"].items():
                files = tuple(KeptFile(**file) for file in mail["files"])
                self.mails[key] = KeptMail(MailHead(**mail["head"]), files)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PermanentFailure(
                text_("sheets.mail_store.reading"),
                where=str(path),
                cause=f"{type(error).__name__}: {error}",
                next_step=text_("sheets.mail_store.restore"),
            ) from error

    def _write(self, path: Path, data: bytes) -> None:
        """Whole or not at all: a kill leaves the old file."""
        try:
            # What came by mail is for this account only: figures, names, addresses.
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.chmod(0o700)
            part = path.with_name(f"{path.name}.part")
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        except OSError as error:
            raise TransientFailure(
                text_("sheets.mail_store.keeping"),
                where=str(path.parent),
                cause=error.strerror or str(error),
                next_step=text_("sheets.mail_store.free_space"),
            ) from error
