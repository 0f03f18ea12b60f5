"""A new version is made ready before readers see it."""

from __future__ import annotations

import threading

from board_company import publish_company

from pipelines.board.reading.published import Publications, Version
from pipelines.board.warming import Lately
from pipelines.settings import Settings


def test_readers_keep_their_version_until_the_next_is_ready(installation: Settings) -> None:
    publications, made = Publications(installation.data_dir), list[str]()
    publications.is_prepared = True
    with publications.reading() as (first, _):
        pass
    lately = Lately()

    def page(version: Version) -> None:
        with publications.reading() as (shown, _), publications.reading(version) as (own, cursor):
            assert (shown, own) == (first, version)
            assert cursor.execute("select count(*) from marts.dim_scope").fetchone() != (0,)
        made.append("page")

    def broken(_: Version) -> None:
        made.append("broken")
        raise LookupError

    lately.remember("/", page)
    lately.remember("/targets", broken)
    publish_company(installation, "run2")
    publications.prepare(lambda version: lately.make_again(version, threading.Event()))
    # The newest first, and one that fails keeps no other back.
    assert made == ["broken", "page"]
    with publications.reading() as (shown, _):
        assert shown is not first
    publications.prepare(lambda _: made.append("nothing new"))
    assert len(made) == 2
    publications.close()
