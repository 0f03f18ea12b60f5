"""Who a program reads as: its bearer token leads to a person, or to a role with scopes.

Add here: another way in which a program proves itself. Keep out: making and ending tokens
(`ledger/programs.py`), what a viewer may see (`viewers.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pipelines.board.access.viewers import Viewer, viewer_of
from pipelines.board.reading.organisation import Organisation
from pipelines.ledger.programs import AccessToken
from pipelines.notifying.recipients import Recipient

# What a token may be called for, and the role in recipients.yml that sees the same.
ROLES = {"director": "director", "manager": "manager", "analyst": "data_owner"}


def bearer(header: str) -> str | None:
    """The token of an Authorization header; None for another kind of login."""
    kind, _, token = header.partition(" ")
    return token.strip() or None if kind.casefold() == "bearer" else None


def viewer_of_token(
    token: AccessToken, organisation: Organisation, recipients: Mapping[str, Recipient]
) -> Viewer | None:
    """What the token's program may see; None once its person has left the company."""
    if token.person_id is not None:
        return viewer_of(token.person_id, organisation, recipients)
    ident = f"program.{token.token_id}"
    stand_in = Recipient.model_validate(
        {
            "person_id": ident,
            "name": token.name,
            "role": ROLES[token.role or "manager"],
            "channels": ["file://"],
            "scopes": ["company"] if token.role == "director" else json.loads(token.scopes),
        }
    )
    return viewer_of(ident, organisation, {ident: stand_in})
