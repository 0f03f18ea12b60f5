"""Memory that a step has freed and the next one needs: given back to the machine.

Add here: another allocator that keeps what was freed. Keep out: limits of memory (`warehouse/private/file.py`).
"""

from __future__ import annotations

import contextlib
import ctypes
import sys


def give_back() -> None:
    """What was freed goes back to the machine at once, where the C library (glibc) and Arrow can.

    A night that has read large files would otherwise hold a gigabyte of nothing while models are made.
    """
    if arrow := sys.modules.get("pyarrow"):
        arrow.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
