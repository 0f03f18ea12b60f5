"""What lies at the address under which name, and the one small file that says which version is whole.

Add here: a name that readers or a restore rely on. Keep out: who writes it (`pipelines/offsite/`).

    current                        the pointer: JSON, replaced in one step, last of all
    versions/<n>/manifest.json     what the version is to hold, with checksums
    versions/<n>/parquet/<mart>.parquet, versions/<n>/forewarn.duckdb
    raw/<source>/<table>/...       the raw zone, as in the data folder
    mail/, quarantine/             as in the data folder
    installation/<moment>.tar.gz   configuration, ledger and keys: for a restore, not for readers
    installation/<moment>.json     which files of the data folder a restore must find, with their sizes
    owner                          whose address it is
    nights/<run>/                  tables of a night on Spark, while it lasts
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.store.address import Store

CURRENT, OWNER = "current", "owner"
VERSIONS, INSTALLATION, NIGHTS = "versions", "installation", "nights"
# Folders of files that are never changed once they are there.
FOLDERS = ("raw", "mail", "quarantine")
FORMAT = 1


@dataclass(frozen=True)
class Pointer:
    """The whole version at an address. `folder` and `installation` are names below the address.

    `installation` is without the ending: two files bear it.
    """

    version: int
    folder: str
    as_of: str
    created_at: str
    manifest_sha256: str
    installation: str
    written_at: str
    format: int = FORMAT

    def content(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()


def read_pointer(store: Store) -> Pointer | None:
    """The pointer at an address; None where nothing was published there.

    Raises `PermanentFailure` for what is no pointer or a newer release's.
    """
    content = store.read(CURRENT)
    if content is None:
        return None
    try:
        found: dict[str, Any] = json.loads(content)
        if found["format"] > FORMAT:
            raise _not_ours(store, text("store.newer"))
        return Pointer(**found)
    except (ValueError, KeyError, TypeError) as error:
        raise _not_ours(store, text("store.no_pointer", name=CURRENT)) from error


def _not_ours(store: Store, cause: Any) -> PermanentFailure:
    return PermanentFailure(
        text("store.tried"), where=store.shown, cause=cause, next_step=text("store.another_prefix")
    )
