"""One connection to an IMAP mailbox, for reading only, and what its failures mean.

Add here: a command that reads, or how another server refuses.
Keep out: which messages are wanted (`mail_rules.py`), and any command that changes the mailbox:
the folder is opened with EXAMINE and messages are fetched with BODY.PEEK, so that the server
itself would refuse a change.
"""

from __future__ import annotations

import datetime as dt
import imaplib
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from imap_tools import (
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailboxFolderSelectError,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
)

from pipelines.configuration.mailbox import Mailbox
from pipelines.failures import Failure, PermanentFailure, TransientFailure
from pipelines.language import Said, Text, text
from pipelines.sources.spreadsheet.places.mail_rules import HEADERS, MailHead, head_of
from pipelines.sources.spreadsheet.places.mail_text import shortened, shown

_LOGGING_IN = text("sheets.mail_session.logging_in")
_OPENING = text("sheets.mail_session.opening_folder")
_AT_ONCE = 200
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# Response codes (RFC 5530) with which a server refuses for now.
_FOR_NOW = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")


class MailSession:
    """A context: connected, logged in, the folder opened for reading. `uidvalidity` 0: unknown.

    Every method raises `PermanentFailure` or `TransientFailure`; none shows user or password.
    """

    def __init__(self, mailbox: Mailbox, user: str, password: str, ca_file: Path | None) -> None:
        self._mailbox, self._ca_file = mailbox, ca_file
        self._user, self._password = user, password
        self._box: BaseMailBox | None = None
        self.uidvalidity = 0

    def __enter__(self) -> MailSession:
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._box is not None:
            with suppress(Exception):  # it has given all it had to give
                self._box.client.logout()
            self._box = None

    def since(self, day: dt.date) -> list[int]:
        """UIDs of the messages that arrived on `day` (the server's date) or later, ascending."""
        first = f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
        with self._failures(text("sheets.mail_session.searching")):
            _, data = self._ok(*self._client.uid("SEARCH", "SINCE", first))
        return sorted(
            {int(uid) for line in data if isinstance(line, bytes) for uid in line.split()}
        )

    def heads(self, uids: Sequence[int]) -> Iterator[MailHead]:
        """The header facts of the given messages; one that has gone meanwhile is left out."""
        for start in range(0, len(uids), _AT_ONCE):
            wanted = ",".join(str(uid) for uid in uids[start : start + _AT_ONCE])
            items = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({HEADERS})])"
            with self._failures(text("sheets.mail_session.reading_headers")):
                _, data = self._ok(*self._client.uid("FETCH", wanted, items))
            for facts, header in _items(data):
                uid, size = _UID.search(facts), _SIZE.search(facts)
                when = imaplib.Internaldate2tuple(facts)
                if uid and size and when:
                    moment = int(time.mktime(when))
                    yield head_of(int(uid.group(1)), int(size.group(1)), moment, header)

    def message(self, uid: int) -> bytes | None:
        """A whole message, or None if it has gone meanwhile."""
        with self._failures(text("sheets.mail_session.fetching")):
            _, data = self._ok(*self._client.uid("FETCH", str(uid), "(UID BODY.PEEK[])"))
        for facts, content in _items(data):
            found = _UID.search(facts)
            if found and int(found.group(1)) == uid:
                return content
        return None

    @property
    def _client(self) -> imaplib.IMAP4:
        assert self._box is not None
        return self._box.client

    def _open(self) -> None:
        with self._failures(text("sheets.mail_session.connecting")):
            self._box = self._connected()
        with self._failures(_LOGGING_IN):
            # Another way for letters outside ASCII, which LOGIN does not know.
            plain = (self._user + self._password).isascii()
            login = self._box.login if plain else self._box.login_utf8
            login(self._user, self._password, None)
            _, capabilities = self._client.capability()
            if b"ID" in b" ".join(c for c in capabilities if isinstance(c, bytes)).upper().split():
                # Some servers (163.com among them) open no folder for a client without a name.
                self._client.xatom("ID", '("name" "forewarn")')
        with self._failures(_OPENING):
            try:
                self._box.folder.set(self._mailbox.folder, readonly=True)
            except MailboxFolderSelectError as error:
                raise self._no_folder(error) from None
            _, given = self._client.response("UIDVALIDITY")
            known = given[-1] if given else None
            self.uidvalidity = int(known) if isinstance(known, bytes) and known.isdigit() else 0

    def _connected(self) -> BaseMailBox:
        box, (host, port) = self._mailbox, (self._mailbox.host, self._mailbox.port_used)
        if box.encryption == "none":
            return MailBoxUnencrypted(host, port, box.timeout_seconds)
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except (OSError, ssl.SSLError) as error:
            raise PermanentFailure(
                text("sheets.mail_session.reading_certificates"),
                where=str(self._ca_file),
                cause=getattr(error, "strerror", None) or str(error),
                next_step=text("sheets.mail_session.correct_ca_file"),
            ) from None
        if box.encryption == "ssl":
            return MailBox(host, port, box.timeout_seconds, ssl_context=context)
        return MailBoxStartTls(host, port, box.timeout_seconds, ssl_context=context)

    def _no_folder(self, error: MailboxFolderSelectError) -> Failure:
        assert self._box is not None
        names = [folder.name for folder in self._box.folder.list()]
        if self._mailbox.folder in names or self._mailbox.folder.upper() == "INBOX":
            return self._refused(_OPENING, _answer(error))
        cause = text("sheets.mail_session.no_such_folder", names=[*map(shown, names[:20])])
        if len(names) > 20:
            first = [*map(shown, names[:20])]
            cause = text(
                "sheets.mail_session.no_such_folder_of_many", names=first, more=len(names) - 20
            )
        return PermanentFailure(
            _OPENING,
            where=self._mailbox.where,
            cause=cause,
            next_step=text("sheets.mail_session.correct_folder"),
        )

    @contextmanager
    def _failures(self, tried: Text) -> Iterator[None]:
        """Whatever goes wrong within, as a failure that says what to do.

        The original is not chained: what a server answers to a login may repeat it.
        """
        box = self._mailbox
        try:
            yield
        except Failure:
            raise
        except MailboxLoginError as error:
            raise self._refused(tried, _answer(error), login=True) from None
        except ssl.SSLCertVerificationError as error:
            raise PermanentFailure(
                tried,
                where=box.where,
                cause=text("sheets.mail_session.not_trusted", said=error.verify_message),
                next_step=text("sheets.mail_session.name_certificate"),
            ) from None
        except (OSError, imaplib.IMAP4.abort) as error:
            raise self._broken(tried, error) from None
        except (ImapToolsError, imaplib.IMAP4.error) as error:
            if self._box is None:
                raise self._transient(tried, str(error)) from None  # greeted with BYE
            raise self._refused(tried, _answer(error), login=tried is _LOGGING_IN) from None

    def _broken(self, tried: Text, error: Exception) -> Failure:
        box = self._mailbox
        if isinstance(error, ssl.SSLError) and not isinstance(
            error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)
        ):
            return PermanentFailure(
                tried,
                where=box.where,
                cause=text("sheets.mail_session.no_encryption", said=error.reason or "TLS"),
                next_step=text("sheets.mail_session.check_port"),
            )
        if "TLS not supported" in str(error):
            return PermanentFailure(
                tried,
                where=box.where,
                cause=text("sheets.mail_session.no_starttls"),
                next_step=text("sheets.mail_session.set_ssl"),
            )
        cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return self._transient(tried, cause)

    def _transient(self, tried: Text, cause: Said) -> TransientFailure:
        return TransientFailure(
            tried,
            where=self._mailbox.where,
            cause=self._clean(cause) if isinstance(cause, str) else cause,
            next_step=text("sheets.mail_session.run_again"),
        )

    def _refused(self, tried: Text, answer: str, *, login: bool = False) -> Failure:
        cause = text("sheets.mail_session.server_answered", answer=self._clean(answer))
        if any(code in answer.upper() for code in _FOR_NOW):
            return self._transient(tried, cause)
        step = text("sheets.mail_session.see_what_it_says")
        if login:
            step = text("sheets.mail_session.check_login")
        return PermanentFailure(tried, where=self._mailbox.where, cause=cause, next_step=step)

    def _clean(self, said: str) -> str:
        for secret in sorted({self._password, self._user}, key=len, reverse=True):
            if secret:
                said = said.replace(secret, "***")
        return shortened(shown(said))

    def _ok(self, kind: str, data: list) -> tuple[str, list]:
        if kind != "OK":
            raise imaplib.IMAP4.error(b" ".join(d for d in data if isinstance(d, bytes)).decode())
        return kind, data


def _answer(error: Exception) -> str:
    """What the server said, out of the library's wrapping."""
    data = getattr(error, "command_result", ("", [str(error)]))[1]
    said = [d.decode("utf-8", "replace") if isinstance(d, bytes) else str(d) for d in data or []]
    return " ".join(said) or "no"


def _items(data: list) -> Iterator[tuple[bytes, bytes]]:
    """(facts, literal) per message of a FETCH answer; facts may stand before and after it."""
    facts, literal = b"", None
    for part in [*data, None]:
        if isinstance(part, bytes):
            facts += b" " + part
            continue
        if literal is not None:
            yield facts, literal
        if isinstance(part, tuple):
            facts, literal = part
