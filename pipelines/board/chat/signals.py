"""From a message to a signal: who says it, what it is about, who answers, and what the bot replies.

Add here: a word that a message may say. Keep out: the proof (the platforms' modules), what a signal is
(`ledger/signals.py`).

A message is about the sender's own place: a salesperson's own deals, a manager's team. Nothing is
guessed from its words; the page behind the reply's link sets level, amount and who is to answer.
"""

from __future__ import annotations

import unicodedata

from pipelines.board.access.viewers import viewer_of
from pipelines.board.chat.messages import Heard
from pipelines.board.site import Site, organisation_of
from pipelines.language import Text, text
from pipelines.ledger.refusals import Refused
from pipelines.ledger.signals import add_signal
from pipelines.notifying.recipients import Recipient

# What asks for an explanation, and is no risk.
HELP = frozenset({"", "help", "?", "/help"})


def sender_of(site: Site, heard: Heard) -> Recipient | None:
    """The recipient whose `chat` names one of the sender's ids; nobody if two do."""
    found = {
        one.person_id: one
        for one in site.book.recipients
        if one.chat.get(heard.platform) in heard.senders
    }
    return next(iter(found.values())) if len(found) == 1 else None


def record(site: Site, heard: Heard) -> str:
    """Record the message; what the bot replies, in the sender's language. Raises FileNotFoundError."""
    person = sender_of(site, heard)
    if person is None:
        known = ", ".join(heard.senders)
        return text("chat.reply.stranger", id=known).into(site.settings.company.language)
    return _recorded(site, heard, person).into(person.language)


def _recorded(site: Site, heard: Heard, person: Recipient) -> Text:
    words = heard.text.strip()
    if unicodedata.normalize("NFKC", words).casefold() in HELP or words == text(
        "chat.word.help"
    ).into(person.language):
        return text("chat.reply.help")
    with site.publications.reading() as (version, cursor):
        organisation = organisation_of(version, cursor)
        viewer = viewer_of(
            person.person_id, organisation, {one.person_id: one for one in site.book.recipients}
        )
    unit = organisation.units.get(viewer.home) if viewer else None
    if unit is None:  # somebody who has left, or never had a place among the salespeople
        return text("chat.reply.no_place")
    kind, ident = unit.scope
    owner = unit.owner_id or person.person_id
    now = site.settings.now()
    try:
        done = add_signal(
            site.ledger, kind, ident, words, person.person_id, now=now,
            today=now.astimezone(site.settings.timezone).date(), owner_id=owner,
            scope_name=unit.name,
        )  # fmt: skip
    except Refused as refused:
        return refused.told
    about = text("board.scope.whole") if kind == "company" else unit.name
    return text(
        "chat.reply.recorded" if done.new else "chat.reply.again",
        scope=about,
        owner=site.door.name_of(owner, organisation),
        link=f"{site.book.links.base_url.rstrip('/')}/warnings/{done.alert_id}",
    )
