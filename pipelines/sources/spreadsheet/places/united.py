"""The places that one source reads from: its folder, its mailbox, or both as one.

Add here: another place that `sources.yml` can name. Keep out: how a place lists and fetches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.configuration.sources import Source
from pipelines.language import Text
from pipelines.settings import Settings
from pipelines.sources.protocol import Finding
from pipelines.sources.spreadsheet.places.folder import FileRef, FolderSource, SheetSource
from pipelines.sources.spreadsheet.places.mail_store import MailStore
from pipelines.sources.spreadsheet.places.mailbox import MailboxSource


class FolderAndMailbox:
    """Both places of a source as one. If one of them cannot be listed, neither is read.

    They are one source because its rows belong together: ids are looked up within a source, so
    targets that come by mail find the people whose list lies in the folder.
    """

    def __init__(self, folder: FolderSource, mailbox: MailboxSource) -> None:
        self._folder, self._mailbox = folder, mailbox
        self._mailed: set[str] = set()

    def list(self) -> Sequence[FileRef]:
        """The files of both, ordered by name; an attachment never takes the name of a file."""
        refs = list(self._folder.list())
        taken = {ref.name for ref in refs}
        mailed = [
            replace(ref, name=f"{ref.name} (mail)") if ref.name in taken else ref
            for ref in self._mailbox.list()
        ]
        self._mailed = {ref.name for ref in mailed}
        return sorted([*refs, *mailed], key=lambda ref: ref.name)

    def fetch(self, ref: FileRef) -> bytes:
        return (self._mailbox if ref.name in self._mailed else self._folder).fetch(ref)

    def findings(self) -> Sequence[Finding]:
        return [*self._folder.findings(), *self._mailbox.findings()]

    def absent(self, file: str) -> Text | None:
        return self._mailbox.absent(file)  # it knows the names that only a mailbox gives


def places_of(
    source: Source, settings: Settings, *, largest: int, settle_seconds: float, keep: bool = True
) -> SheetSource:
    """What a source names. `keep=False`: what a mailbox gives is forgotten afterwards.

    Raises `ConfigurationError` for a mailbox whose user or password is not in the environment.
    """
    folder = None
    if source.folder:
        folder = FolderSource(settings.config_dir / source.folder, settle_seconds)
    if source.mailbox is None:
        assert folder is not None  # a spreadsheet source has one of the two
        return folder
    ca_file = source.mailbox.ca_file
    mailbox = MailboxSource(
        source.mailbox,
        (source.secret("user"), source.secret("password")),
        MailStore(settings.data_dir / "mail" / source.name, keep=keep),
        zone=settings.timezone,
        today=settings.today(),
        largest=largest,
        ca_file=settings.config_dir / ca_file if ca_file else None,
        alone=folder is None,
    )
    return FolderAndMailbox(folder, mailbox) if folder else mailbox
