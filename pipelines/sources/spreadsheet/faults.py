"""What can be wrong with a sheet: one cell, or the file as a whole.

Add here: a kind of fault that the readers must tell apart, and how it reads.
Keep out: who decides that something is a fault (the parsers and checks), and what is done with it
(the connector).
"""

from __future__ import annotations


class CellFault(Exception):
    """One cell cannot be read as its column wants it. `str()` is the reason, without address."""


class FileRejected(Exception):
    """Nothing of the file may be loaded. `where` is a sheet or cell address, or empty.

    `transient` is true if the same file may be readable next time without anyone acting.
    """

    def __init__(
        self, cause: str, *, where: str = "", next_step: str = "", transient: bool = False
    ) -> None:
        self.cause, self.where, self.next_step = cause, where, next_step
        self.transient = transient
        super().__init__(cause)

    def sentence(self, file: str, entity: str = "") -> str:
        """What was tried, where, why it failed, what happens now, and what to do next."""
        tried = f"Reading {entity} from {file}" if entity else f"Reading {file}"
        where = f" ({self.where})" if self.where else ""
        help_ = "The next run tries again." if self.transient else "A rerun alone will not help."
        text = (
            f"{tried}{where}: {self.cause.rstrip('.')}. Nothing of this file was loaded; "
            f"its last good version stays in force. {help_}"
        )
        return f"{text} Next: {self.next_step.rstrip('.')}." if self.next_step else text
