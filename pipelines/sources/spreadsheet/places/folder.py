"""Where sheets come from: the seam, and the folder that implements it.

Add here: what every place that lists and fetches files must tell.
Keep out: another place (`mailbox.py` is one), and what is inside a file.
"""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipelines.failures import PermanentFailure
from pipelines.language import Text
from pipelines.language.text import text as text_
from pipelines.sources.protocol import Finding
from pipelines.sources.spreadsheet.faults import FileRejected

# Files that are not sheets and that people and programs leave beside them without meaning to
# have them read; everything else that no mapping matches is named in the run's remarks.
NOT_SHEETS = {".json", ".md", ".yml", ".yaml", ".ini", ".db", ".tmp"}
_IGNORED = ("~$", ".", "~.")


@dataclass(frozen=True)
class FileRef:
    """One file as it was when the source was listed. `modified_at` is nanoseconds since 1970."""

    name: str  # unique within the source; what rows, errors and quarantine show
    size: int
    modified_at: int
    place: str  # what `fetch` needs to find it again
    given: str = ""  # the name that its author gave, where `name` is more than that
    series: str = ""  # only files of one series can be versions of each other
    refused: Text | None = None  # why it is told of and never read

    @property
    def title(self) -> str:
        """The name that patterns are held against and that year and kind are read from."""
        return self.given or self.name


class SheetSource(Protocol):
    """A place with files. Listing and fetching never change it."""

    def list(self) -> Sequence[FileRef]:
        """Every candidate file, ordered by name. Raises `PermanentFailure` if there is none."""
        ...

    def fetch(self, ref: FileRef) -> bytes:
        """The bytes of one listed file. Raises `FileRejected` if it changed or cannot be read."""
        ...

    def findings(self) -> Sequence[Finding]:
        """What `forewarn check` says of the place itself, after a listing."""
        ...

    def absent(self, file: str) -> Text | None:
        """Why a file in force that is no longer read is withdrawn; None: it stays in force."""
        ...


class FolderSource:
    """A folder on a disk or network share. Sub-folders, hidden and lock files are not looked at."""

    def __init__(self, folder: Path, settle_seconds: float = 0.2) -> None:
        self._folder, self._settle = folder, settle_seconds

    def list(self) -> Sequence[FileRef]:
        """Every file with its size and time, once they are older than the settling time.

        Raises `PermanentFailure` for a folder that is missing, unreadable or empty: a share that
        is not mounted looks like an empty folder, and must not withdraw what was loaded.
        """
        refs = self._scan()
        youngest = max((ref.modified_at for ref in refs), default=0) / 1e9
        if 0 <= time.time() - youngest < self._settle:
            # Someone may be saving right now: look again a moment later, so that `fetch` compares
            # with a state in which a growing file has already grown.
            time.sleep(self._settle)
            refs = self._scan()
        if not refs:
            raise PermanentFailure(
                text_("sheets.folder.listing"),
                where=str(self._folder),
                cause=text_("sheets.folder.holds_no_file"),
                next_step=text_("sheets.folder.check_mount"),
            )
        return sorted(refs, key=lambda ref: ref.name)

    def _scan(self) -> Sequence[FileRef]:
        try:
            entries = list(os.scandir(self._folder))
        except OSError as error:
            raise PermanentFailure(
                text_("sheets.folder.listing"),
                where=str(self._folder),
                cause=text_("sheets.folder.no_such_folder")
                if isinstance(error, FileNotFoundError)
                else _why_shut(error),
                next_step=text_("sheets.folder.create_it"),
            ) from error
        refs = []
        for entry in entries:
            name = _shown(entry.name)
            if is_no_sheet(name):
                continue
            try:
                if not entry.is_file():
                    continue
                stat = entry.stat()
            except OSError:
                continue  # it went away between the listing and the look
            refs.append(FileRef(name, stat.st_size, stat.st_mtime_ns, entry.path))
        return refs

    def fetch(self, ref: FileRef) -> bytes:
        """A copy of the bytes; `FileRejected` if size or time moved since the file was listed."""
        try:
            with open(ref.place, "rb") as stream:
                data = stream.read()
                after = os.fstat(stream.fileno())
            now = os.stat(ref.place)  # another file may have taken the name meanwhile
        except OSError as error:
            raise FileRejected(
                text_("sheets.folder.cannot_be_opened", why=_why_shut(error)),
                next_step=text_("sheets.folder.check_rights"),
                transient=True,
            ) from error
        seen = {(s.st_size, s.st_mtime_ns) for s in (after, now)} | {(ref.size, ref.modified_at)}
        if len(seen) > 1 or len(data) != ref.size:
            raise FileRejected(
                text_("sheets.folder.being_written"),
                next_step=text_("sheets.folder.wait"),
                transient=True,
            )
        return data

    def findings(self) -> Sequence[Finding]:
        return []

    def absent(self, file: str) -> Text | None:
        return no_longer_there(file)


def no_longer_there(file: str) -> Text:
    """Why a file that has left its folder is withdrawn."""
    return text_("sheets.folder.left", file=file)


def _why_shut(error: OSError) -> Text:
    if isinstance(error, FileNotFoundError):
        return text_("sheets.folder.file_gone")
    if isinstance(error, PermissionError):
        return text_("sheets.folder.no_permission")
    return text_("sheets.folder.system_error", said=error.strerror or error, number=error.errno)


def is_no_sheet(name: str) -> bool:
    """True for names of files that are left out without a word."""
    return name.startswith(_IGNORED) or Path(name).suffix.lower() in NOT_SHEETS


def _shown(name: str) -> str:
    """A file name as text: composed (NFC), and names in GBK bytes decoded instead of escaped."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raw = os.fsencode(name)
        try:
            name = raw.decode("gb18030")
        except UnicodeDecodeError:
            name = raw.decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", name)
