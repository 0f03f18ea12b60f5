"""What a process that does one thing and ends does differently while its programs are loaded.

Add here: another cost of loading that such a process need not bear. Keep out: which programs are loaded.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[Callable[[], None]]:
    """No search for garbage until what is given is called, or the block ends.

    What is loaded stays until the end, and looking through all of it again and again is a seventh of an
    unchanged night. Afterwards it is left out of every search, once a process.
    """
    was_enabled = gc.isenabled()

    def loaded() -> None:
        if was_enabled and not gc.isenabled():
            if not gc.get_freeze_count():
                gc.freeze()
            gc.enable()

    gc.disable()
    try:
        yield loaded
    finally:
        loaded()
