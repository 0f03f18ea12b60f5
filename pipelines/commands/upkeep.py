"""`forewarn doctor`, `backup`, `restore`, `maintain`: what an administrator types.

Add here: how an answer is shown. Keep out: how it is found (`pipelines/upkeep/`).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.settings import config_dir_of, data_dir_of, load_settings
from pipelines.store.address import is_address, store_address
from pipelines.upkeep.backup import Backup, back_up, restore
from pipelines.upkeep.doctor import examine

_MARK = {"ok": "ok", "warning": "!", "problem": "!!"}


def run_doctor(*, as_json: bool) -> int:
    """One line per question; 0 if nothing is a problem, else 1."""
    answers = examine(load_settings())
    if as_json:
        rows = [
            {
                "question": one.question, "state": one.state, "said": str(one.said),
                "next_step": str(one.next_step) if one.next_step else None,
            }
            for one in answers
        ]  # fmt: skip
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    else:
        for one in answers:
            step = f" → {one.next_step}" if one.next_step else ""
            sys.stdout.write(f"  {_MARK[one.state]:<3} {one.question:<8} {one.said}{step}\n")
    return 1 if any(one.state == "problem" for one in answers) else 0


def run_backup(target: Path) -> int:
    """Write a backup and say what is in it."""
    _say("upkeep.backup.done", back_up(load_settings(), target), target)
    return 0


def run_restore(source: str) -> int:
    """Make the installation of the chosen folders from a backup, or from the store's address."""
    config, data = config_dir_of(), data_dir_of()
    ledger = os.environ.get("FOREWARN_LEDGER_URL")
    if is_address(source):
        from pipelines.offsite.restoring import restore_from

        found = restore_from(source, config, data, ledger)
        size = f"{found.size / 1e6:.1f}"
        values = {"where": data, "taken": found.taken_at, "count": found.files, "size": size}
        sys.stdout.write(f"{text('store.restore.done', version=found.version, **values)}\n")
        return 0
    done = restore(Path(source).expanduser().resolve(), config, data, ledger)
    _say("upkeep.restore.done", done, data)
    return 0


def run_maintain() -> int:
    """Do what has to be done once a week, and say what it was."""
    from pipelines.upkeep.maintenance import maintain

    for done in maintain(load_settings()):
        freed = text("maintain.freed", megabytes=f"{done.freed / 1e6:.1f}") if done.freed else ""
        sys.stdout.write(f"  {done.told} {freed}".rstrip() + "\n")
    return 0


def run_publish() -> int:
    """Bring PostgreSQL and the store to the published version, and say what an administrator should know."""
    from pipelines.publishing.postgres import URL, follow, publish_url

    url = publish_url()
    if store_address():
        _follow_store()
        if not url:
            return 0
    if not url:
        raise PermanentFailure(
            text("postgres.tried"),
            cause=text("postgres.no_url", variable=URL),
            next_step=text("postgres.no_url.next", variable=URL),
        )
    done = follow(load_settings(), url)
    key = "night.log.followed" if done.new else "night.log.followed_before"
    for line in (text(key, version=done.version, tables=done.tables), *done.remarks):
        sys.stdout.write(f"{line}\n")
    return 0


def _follow_store() -> None:
    from pipelines.nights.writer_lock import writer_lock
    from pipelines.offsite.following import follow_all

    settings = load_settings()
    with writer_lock(settings.data_dir, "forewarn publish"):
        done = follow_all(settings)
    sys.stdout.write(f"{done.told}\n")


def _say(key: str, done: Backup, where: Path) -> None:
    size = f"{done.size / 1e6:.1f}"
    said = text(key, where=where, taken=done.taken_at, count=len(done.files), size=size)
    sys.stdout.write(f"{said}\n")
