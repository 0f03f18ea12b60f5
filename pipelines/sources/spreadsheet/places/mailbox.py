"""A mailbox as a place with files: the attachments of the messages that its rules accept.

Add here: what follows from a message being new, known, refused or gone.
Keep out: the connection (`mail_session.py`), the rules (`mail_rules.py`), the parts of a message
(`mail_parts.py`) and what is kept of it (`mail_store.py`).
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.configuration.mailbox import Mailbox
from pipelines.failures import PermanentFailure
from pipelines.language import Text
from pipelines.language.text import Joined
from pipelines.language.text import text as text_
from pipelines.sources.protocol import Finding
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.places.folder import FileRef, is_no_sheet, no_longer_there
from pipelines.sources.spreadsheet.places.mail_parts import attachments
from pipelines.sources.spreadsheet.places.mail_rules import MailHead, verdict
from pipelines.sources.spreadsheet.places.mail_session import MailSession
from pipelines.sources.spreadsheet.places.mail_store import KeptFile, MailStore
from pipelines.sources.spreadsheet.places.mail_text import is_mail_name, shortened

_NAMED = 20  # senders that are named each; a mailbox may hold any number of strangers


@dataclass
class Look:
    """What one look into the mailbox found: counts of messages, and what is told of some."""

    found: int = 0
    read: int = 0
    other_subject: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    refused: list[FileRef] = field(default_factory=list)

    def told(self, days: int) -> Text:
        """What was found, in clauses behind each other."""
        parts = [
            text_("sheets.mailbox.look.found", count=self.found, days=days, read=self.read),
        ]
        if self.other_subject:
            parts.append(text_("sheets.mailbox.look.other_subject", count=self.other_subject))
        if self.refused:
            parts.append(text_("sheets.mailbox.look.refused", count=len(self.refused)))
        if self.unknown:
            names, total = _strangers(self.unknown)[:5], self.unknown.total()
            parts.append(text_("sheets.mailbox.look.unknown", count=total, names=names))
        return Joined(parts)


class MailboxSource:
    """One mailbox folder. Listing looks for new messages and fetches them; `store` keeps them.

    A message is fetched once. What was fetched stays listed though the message has since been
    deleted or has grown older than `since_days`; only a rule that no longer accepts it ends that.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        credentials: tuple[str, str],
        store: MailStore,
        *,
        zone: ZoneInfo,
        today: dt.date,
        largest: int,
        ca_file: Path | None = None,
        alone: bool = True,
    ) -> None:
        """`largest` in bytes, per attachment. `alone`: no folder beside it gives files."""
        self._mailbox, self._store, self._zone, self._today = mailbox, store, zone, today
        self._credentials, self._ca_file = credentials, ca_file
        self._alone = alone
        # Attachments travel as text that is a third longer; several may share a message.
        self._largest_message = largest * 3
        user = hashlib.sha256(credentials[0].encode()).hexdigest()[:16]
        self._identity = f"{mailbox.where} {user}"
        self._look = Look()
        self._listed: set[str] = set()
        self._dropped: set[str] = set()

    def list(self) -> Sequence[FileRef]:
        """Every attachment in force, and a remark per sender or message that is not read.

        Raises `PermanentFailure` if there is none, now or from earlier, and no folder either.
        """
        self._look = Look()
        with MailSession(self._mailbox, *self._credentials, self._ca_file) as session:
            try:
                self._fetch_new(session)
            finally:
                self._store.save()  # each message is whole for itself
        refs = [*self._kept(), *self._remarks()]
        if self._alone and not self._listed and not self._look.refused:
            raise PermanentFailure(
                text_("sheets.mailbox.looking"),
                where=self._mailbox.where,
                cause=text_(
                    "sheets.mailbox.none_found", look=self._look.told(self._mailbox.since_days)
                ),
                next_step=text_("sheets.mailbox.check_rules"),
            )
        return sorted(refs, key=lambda ref: ref.name)

    def fetch(self, ref: FileRef) -> bytes:
        """The bytes of one attachment, from what was kept; the mailbox is not asked again."""
        data = self._store.read(ref.place)
        if data is None:
            raise FileRejected(
                text_("sheets.mailbox.no_copy_attachment_was"),
                next_step=text_("sheets.mailbox.restore_folder_mail_data"),
            )
        return data

    def findings(self) -> Sequence[Finding]:
        """What the last listing saw, for `forewarn check`."""
        seen = text_("sheets.mailbox.seen", look=self._look.told(self._mailbox.since_days))
        return [Finding(text_("sheets.mailbox.named", where=self._mailbox.where), True, seen)]

    def absent(self, file: str) -> Text | None:
        """Why a file that is no longer read is withdrawn; None: it stays in force.

        A message that is not in the mailbox any more is no reason.
        """
        if not is_mail_name(file):
            return no_longer_there(file)
        if any(file == name or file.startswith(f"{name}#") for name in self._dropped):
            return text_("sheets.mailbox.fits_rules_mailbox_no", file=file)
        if any(file == name or file.startswith(f"{name}#") for name in self._listed):
            return text_("sheets.mailbox.matched_by_no_mapping", file=file)
        return None

    def _fetch_new(self, session: MailSession) -> None:
        days = self._mailbox.since_days + 1  # the server's day may have begun earlier
        found = session.since(self._today - dt.timedelta(days=days))
        known = self._store.known_uids(self._identity, session.uidvalidity)
        settled = {uid for uid, key in known.items() if self._store.whole(key, self._fits)}
        self._look.found = len(found)
        self._look.read = len(settled & set(found))
        for head in list(session.heads([uid for uid in found if uid not in settled])):
            if self._is_wanted(head) and self._have(session, head):
                self._look.read += 1
                self._store.note_uid(self._identity, session.uidvalidity, head.uid, head.key)

    def _is_wanted(self, head: MailHead) -> bool:
        said = verdict(head, self._mailbox)
        if said == "unknown" and head.has_parts:
            self._look.unknown[head.sender or "an unclear From"] += 1
        elif said == "subject":
            self._look.other_subject += 1
        elif said == "unsigned":
            self._refuse(
                head,
                text_("sheets.mailbox.does_not_say_that", authserv_id=self._mailbox.authserv_id),
            )
        elif said == "read" and head.size > self._largest_message:
            size, most = (f"{n / 1048576:.0f}" for n in (head.size, self._largest_message))
            self._refuse(
                head,
                text_("sheets.mailbox.has_mb_at_most", size=size, most=most),
            )
            return False
        return said == "read"

    def _have(self, session: MailSession, head: MailHead) -> bool:
        """True if the message is kept, now or from an earlier night."""
        if self._store.whole(head.key, self._fits):
            return True
        raw = session.message(head.uid)
        if raw is None:
            return False  # deleted since its header was read
        found = [part for part in attachments(raw) if not is_no_sheet(part.title)]
        self._store.add(head, found, self._fits, self._day(head))
        return True

    def _fits(self, title: str) -> bool:
        return fnmatch.fnmatchcase(_folded(title), _folded(self._mailbox.attachments))

    def _kept(self) -> Iterator[FileRef]:
        self._listed, self._dropped = set(), set()
        for mail in self._store.mails.values():
            accepted = verdict(mail.head, self._mailbox) == "read"
            for file in mail.files:
                if not accepted or not (file.refused or self._fits(file.title)):
                    self._dropped.add(file.name)
                    continue
                self._listed.add(file.name)
                yield self._ref(mail.head, file)

    def _ref(self, head: MailHead, file: KeptFile) -> FileRef:
        return FileRef(
            file.name,
            file.size,
            _order(head),
            file.sha256,
            given=file.title,
            series=f"{head.sender}\0{_folded(file.title)}",
            refused=file.why_refused,
        )

    def _remarks(self) -> Iterator[FileRef]:
        yield from self._look.refused
        for sender in _strangers(self._look.unknown):
            count = self._look.unknown[sender]
            yield FileRef(
                f"mail of {sender}",
                0,
                0,
                "",
                refused=text_(
                    "sheets.mailbox.not_among_senders", count=count, where=self._mailbox.where
                ),
            )

    def _refuse(self, head: MailHead, reason: Text) -> None:
        name = f"{self._day(head)} {head.sender} {shortened(head.subject) or 'without subject'}"
        self._look.refused.append(FileRef(name, head.size, _order(head), "", refused=reason))

    def _day(self, head: MailHead) -> str:
        return f"{dt.datetime.fromtimestamp(head.received_at, self._zone):%Y-%m-%d}"


def _order(head: MailHead) -> int:
    """Nanoseconds since 1970; of two messages of one second the later number is the newer one."""
    return head.received_at * 10**9 + min(head.uid, 10**9 - 1)


def _strangers(unknown: Counter[str]) -> list[str]:
    return [sender for sender, _ in sorted(unknown.items(), key=lambda i: (-i[1], i[0]))][:_NAMED]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
