"""The store's address opened: whole files listed, sent, fetched and removed, and what its faults mean.

Add here: how a kind of storage wants to be treated. Keep out: which files (`pipelines/offsite/`).

The library is fsspec, so `s3://bucket/prefix` needs the extra `store`; another protocol needs its own package.
Credentials, endpoint and the like are read by that library from its own variables (`AWS_ACCESS_KEY_ID`,
`AWS_ENDPOINT_URL`, `FSSPEC_S3`), never by Forewarn. An object appears whole or not at all, but on a plain file
system a kill leaves half a file: a file counts as there only in its full size.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipelines.failures import Failure, PermanentFailure, TransientFailure, endpoint
from pipelines.language import text

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

STORE = "FOREWARN_STORE"
# Here a file is seen while it is written, so it is written beside and renamed.
_PLAIN = {"file", "local", "sftp", "ssh", "smb", "hdfs", "arrow_hdfs", "webhdfs"}
# Seconds until a server counts as not answering, and tries of botocore and of s3fs above it, which multiply:
# with their own a server that takes the call and never answers would hold a night up for half an hour.
PATIENCE = {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 1}}
TRIES = 2
_BESIDE = ".sending"
# By name: these libraries are not imported unless the address asks for them.
_RIGHTS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "PermissionError"}


def store_address() -> str | None:
    """The address that FOREWARN_STORE names; None where there is none."""
    return (os.environ.get(STORE) or "").strip().rstrip("/") or None


def is_address(place: str) -> bool:
    """Whether a place is an address of storage and not a path: `s3://bucket/prefix`, `file:///mnt/share`."""
    return "://" in place


class Store:
    """Files below an address, by names relative to it (`raw/crm/orders/1.parquet`).

    Every method raises `TransientFailure` where the address cannot be reached, and `PermanentFailure` where
    it is refused, wrong, or its package is missing. Nothing is kept between calls: every listing is a new one.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        if not is_address(address):
            raise PermanentFailure(
                text("store.tried"),
                where=address,
                cause=text("store.no_address", variable=STORE),
                next_step=text("store.refused.next", variable=STORE),
            )
        with self._told():
            self.fs, self.root = _opened(address)

    @property
    def shown(self) -> str:
        """The address as it may be shown, without user and password."""
        return endpoint(self.address)

    def full(self, name: str) -> str:
        """A name as the library wants it."""
        return f"{self.root}/{name}"

    def sizes(self, folder: str) -> dict[str, int]:
        """Name -> bytes of every file below a folder; empty where there is none."""
        with self._told():
            self.fs.invalidate_cache()
            found = self.fs.find(self.full(folder), detail=True)
        cut = len(self.root) + 1
        files = cast("dict[str, Any]", found)
        return {path[cut:]: int(about["size"] or 0) for path, about in files.items()}

    def send(self, files: Sequence[tuple[Path, str]]) -> None:
        """Put files under their names, several side by side, and see that they arrived in full size."""
        if not files:
            return
        with self._told():
            self.fs.put([str(path) for path, _ in files], [self.full(name) for _, name in files])
        there: dict[str, int] = {}
        for folder in sorted({name.rpartition("/")[0] for _, name in files}):
            there |= self.sizes(folder)
        for path, name in files:
            if there.get(name) != path.stat().st_size:
                raise TransientFailure(
                    text("store.tried"),
                    where=f"{self.shown}/{name}",
                    cause=text("store.not_arrived"),
                    next_step=text("store.unreachable.next", variable=STORE),
                )

    def fetch(self, files: Sequence[tuple[str, Path]]) -> None:
        """Bring files to paths of this machine, several side by side."""
        if not files:
            return
        for folder in {path.parent for _, path in files}:
            folder.mkdir(parents=True, exist_ok=True)
        with self._told():
            self.fs.get([self.full(name) for name, _ in files], [str(path) for _, path in files])

    def read(self, name: str) -> bytes | None:
        """A small file; None where there is none."""
        with self._told():
            self.fs.invalidate_cache()
            try:
                return bytes(cast("bytes", self.fs.cat_file(self.full(name))))
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Put a small file in the place of what is there, in one step: a reader sees the old or the new."""
        with self._told():
            if self._is_object_store:
                self.fs.pipe_file(self.full(name), content)
                return
            beside = self.full(f"{name}{_BESIDE}")
            self.fs.makedirs(beside.rpartition("/")[0], exist_ok=True)
            self.fs.pipe_file(beside, content)
            self.fs.mv(beside, self.full(name))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; what is gone already is no fault."""
        with self._told():
            gone = [self.full(name) for name in names]
            if not self._is_object_store:
                for path in gone:
                    with contextlib.suppress(FileNotFoundError):
                        self.fs.rm_file(path)
            elif gone:
                with contextlib.suppress(FileNotFoundError):
                    self.fs.rm(gone)

    @property
    def _is_object_store(self) -> bool:
        return not _PLAIN & set(_protocols(self.fs))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Failure:
            raise
        except Exception as error:  # what botocore and its kind raise is no OSError
            raise _failure(error, self.shown) from error


def _opened(address: str) -> tuple[AbstractFileSystem, str]:
    import fsspec

    protocol = address.partition("://")[0]
    told: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
    if protocol in ("s3", "s3a"):
        given = fsspec.config.conf.get("s3", {}).get("config_kwargs") or {}
        told["config_kwargs"] = {**PATIENCE, **given}
    if protocol in ("file", "local"):
        told = {"auto_mkdir": True}
    fs, root = fsspec.core.url_to_fs(address, **told)
    if hasattr(fs, "retries"):
        fs.retries = TRIES
    return fs, str(root).rstrip("/")


def _protocols(fs: AbstractFileSystem) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _failure(error: Exception, shown: str) -> Failure:
    kind, said = type(error).__name__, " ".join(str(error).split())[:200]
    cause = f"{kind}: {said}" if said else kind
    what = text("store.tried")
    if isinstance(error, ImportError) or (isinstance(error, ValueError) and "rotocol" in said):
        step = text("store.no_package.next")
    elif kind in _RIGHTS or isinstance(error, FileNotFoundError):
        step = text("store.refused.next", variable=STORE)
    else:
        step = text("store.unreachable.next", variable=STORE)
        return TransientFailure(what, where=shown, cause=cause, next_step=step)
    return PermanentFailure(what, where=shown, cause=cause, next_step=step)
