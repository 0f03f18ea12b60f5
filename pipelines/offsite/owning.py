"""Whose address it is: one installation sends to one address, and two never mix.

Add here: what must be so before anything is sent. Keep out: what is sent.

Loads of two installations below one prefix could not be told apart again. So the first send leaves a mark at
the address and in the data folder, which a backup carries along; who comes with another mark is refused.
"""

from __future__ import annotations

import uuid

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.settings import Settings
from pipelines.store.address import STORE, Store, store_address
from pipelines.store.pointer import OWNER
from pipelines.upkeep.backup import STORE_MARK


def own_store(settings: Settings) -> Store:
    """The store that is set, seen to be this installation's; call under the writer lock.

    Raises `PermanentFailure` where it is another's, and whatever opening it raises.
    """
    address = store_address()
    assert address is not None  # or nobody would ask
    store = Store(address)
    file = settings.data_dir / STORE_MARK
    mine = file.read_text().strip() if file.is_file() else ""
    there = (store.read(OWNER) or b"").decode(errors="replace").strip()
    if there and there != mine:
        raise PermanentFailure(
            text("store.tried"),
            where=store.shown,
            cause=text("store.another_owner"),
            next_step=text("store.another_owner.next", address=store.shown, variable=STORE),
        )
    if not mine:
        mine = uuid.uuid4().hex
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{mine}\n")
    if not there:
        store.write(OWNER, f"{mine}\n".encode())
    return store
