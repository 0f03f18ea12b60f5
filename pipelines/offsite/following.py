"""The address brought to what is here: loads, version, pointer, and last of all what may go.

Add here: the order of the steps. Keep out: the steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.language import Text, text
from pipelines.offsite.loads import Sent, remove_packed, send_loads
from pipelines.offsite.owning import own_store
from pipelines.offsite.versions import remove_old, send_version
from pipelines.settings import Settings


@dataclass(frozen=True)
class Followed:
    """What was done: the version the address is at (None: nothing is published yet) and what went up."""

    version: int | None
    sent: Sent

    @property
    def told(self) -> Text:
        """One line about it."""
        size = f"{self.sent.bytes / 1e6:.1f}"
        return text(
            "night.log.stored", version=self.version or "–", files=self.sent.files, size=size
        )


def follow_loads(settings: Settings) -> Sent:
    """Send what the address lacks of the loads; call under the writer lock. Raises as `Store` does."""
    return send_loads(settings, own_store(settings))


def follow_all(settings: Settings) -> Followed:
    """Bring the address to all that is here; safe to end anywhere and to repeat. Raises as `Store` does."""
    store = own_store(settings)
    sent = send_loads(settings, store)
    pointer = send_version(settings, store)
    if pointer is not None:
        remove_old(store, pointer)
        remove_packed(settings, store)
    return Followed(pointer.version if pointer else None, sent)
