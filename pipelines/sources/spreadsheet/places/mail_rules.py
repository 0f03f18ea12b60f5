"""Which messages of a mailbox may be read: sender, subject, signature.

Add here: a rule about a message that its header answers.
Keep out: reading the mailbox (`mail_session.py`) and attachments (`mail_parts.py`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Literal

from pipelines.configuration.mailbox import DOMAIN, Mailbox
from pipelines.sources.spreadsheet.places.mail_text import header_text, raw_headers

# What the rules need; asked for by name so that a night costs about a kilobyte per message.
HEADERS = "FROM DATE SUBJECT MESSAGE-ID CONTENT-TYPE AUTHENTICATION-RESULTS"
Verdict = Literal["read", "unknown", "subject", "unsigned"]

_ADDRESS = rf"[^\s@<>,;:\"()*]+@{DOMAIN}"
_BARE = re.compile(rf"^{_ADDRESS}$")
_ANGLED = re.compile(rf"^[^<>,;]*<({_ADDRESS})>$")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_SIGNER = re.compile(r"\bheader\.(?:d=|i=[^\s@]*@)([a-z0-9.-]+)(?=\s|$)")


@dataclass(frozen=True)
class MailHead:
    """The header facts of one message. `received_at` is the server's, in seconds since 1970."""

    uid: int
    size: int  # bytes, as the server states them
    received_at: int
    sender: str  # lower case; empty if From is not exactly one clear address
    subject: str
    message_id: str
    date: str
    has_parts: bool  # False: certainly no attachment
    results: str  # the topmost Authentication-Results

    @property
    def key(self) -> str:
        """What stays the same when the server numbers its messages anew."""
        facts = [self.message_id, self.sender, self.date, self.subject, str(self.size)]
        if not (self.message_id and self.date):
            facts.append(str(self.received_at))
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def head_of(uid: int, size: int, received_at: int, header: bytes) -> MailHead:
    """The facts of a header block as the server sent it."""
    message = BytesHeaderParser().parsebytes(header)
    kind = (raw_headers(message, "Content-Type") or ["text/plain"])[0].lower().lstrip()
    results = raw_headers(message, "Authentication-Results")
    return MailHead(
        uid,
        size,
        received_at,
        _sender(message),
        header_text(message, "Subject"),
        header_text(message, "Message-ID"),
        header_text(message, "Date"),
        not kind.startswith(("text/", "multipart/alternative")),
        results[0].strip() if results else "",
    )


def verdict(head: MailHead, rules: Mailbox) -> Verdict:
    """`read`, or the first rule against it; the sender comes first."""
    domain = head.sender.rpartition("@")[2]
    if not head.sender or not {head.sender, f"*@{domain}"} & set(rules.senders):
        return "unknown"
    if rules.require_dkim and not _signed_by(domain, head.results, rules.authserv_id or ""):
        return "unsigned"
    if rules.subject and not re.search(rules.subject, head.subject, re.IGNORECASE):
        return "subject"
    return "read"


def _sender(message: Message) -> str:
    """The one address in From. Two headers, two addresses or odd syntax are nobody's word.

    Names are left out before the address is looked for: a name may look like an address.
    """
    values = raw_headers(message, "From")
    if len(values) != 1:
        return ""
    text = _COMMENT.sub(" ", _QUOTED.sub(" ", values[0])).strip().lower()
    if _BARE.match(text):
        return text
    found = _ANGLED.match(text)
    return found.group(1) if found else ""


def _signed_by(domain: str, results: str, authserv_id: str) -> bool:
    """True if the topmost Authentication-Results is `authserv_id`'s and says that dkim passed.

    RFC 8601: each server puts its own above those that the message brought along, and everyone
    can write one, so that only the topmost counts. The signer must be the domain of From or one
    above it (mail.acme.cn may be signed by acme.cn).
    """
    name, *parts = _plain(results).lower().split(";")
    if name.split()[:1] != [authserv_id.lower()]:
        return False
    for part in parts:
        if not re.match(r"\s*dkim\s*=\s*pass(?:\s|$)", part):
            continue
        signer = _SIGNER.search(part)
        if signer and "." in signer.group(1) and f".{domain}".endswith(f".{signer.group(1)}"):
            return True
    return False


def _plain(text: str) -> str:
    """Without comments, and with quoted texts made harmless: a sender may have chosen them."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif quoted:
            quoted = character != '"'
        elif character == '"' and not depth:
            quoted = True
            kept.append("_")
        elif character == "(":
            depth += 1
        elif character == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(character)
    return "".join(kept)
