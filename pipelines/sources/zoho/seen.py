"""Which versions of records a load has had, so that none is loaded twice.

Add here: another question about what came already. Keep out: paging itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Seen:
    """Versions by id and second of change. `records` counts different ids."""

    def __init__(self) -> None:
        self._versions: set[tuple[str, int]] = set()
        self._ids: set[str] = set()

    def __len__(self) -> int:
        return len(self._versions)

    @property
    def records(self) -> int:
        return len(self._ids)

    def new(self, ids: Sequence[str], seconds: Iterable[int]) -> list[int]:
        """Positions of the versions that have not come before."""
        positions = []
        for position, version in enumerate(zip(ids, seconds, strict=True)):
            if version not in self._versions:
                self._versions.add(version)
                positions.append(position)
        self._ids.update(ids)
        return positions
