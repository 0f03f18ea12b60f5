"""A ledger that is deleted or emptied comes back with its answers, and nobody hears twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from nightly_site import Installation

from pipelines.assets.kept_ledger import COPY, NOTE, keep_copy, open_kept
from pipelines.ledger.lookup import list_alerts
from pipelines.ledger.responses import acknowledge, plan
from pipelines.ledger.store import open_ledger
from pipelines.settings import Settings, load_settings

pytestmark = pytest.mark.nightly


@pytest.fixture
def site(published: Installation, tmp_path: Path) -> Installation:
    return published.copy(tmp_path / "site")


def settings_of(site: Installation) -> Settings:
    return load_settings(site.config, site.data)


def answered(settings: Settings) -> str:
    ledger = open_ledger(settings.ledger_url)
    alert = list_alerts(ledger)[0].alert_id
    acknowledge(ledger, alert, "director", now=settings.now())
    plan(ledger, alert, "director", "约客户周三面谈", now=settings.now())
    ledger.close()
    return alert


def state(settings: Settings) -> dict[str, bool]:
    """Alert -> whether somebody has answered it."""
    ledger = open_kept(settings)
    found = {alert.alert_id: alert.acknowledged_at is not None for alert in list_alerts(ledger)}
    ledger.close()
    return found


def delete(settings: Settings) -> None:
    for file in settings.data_dir.glob("ledger.db*"):
        file.unlink()


def outbox(site: Installation) -> set[Path]:
    return set((site.data / "outbox").rglob("*.md"))


def test_a_deleted_ledger_is_put_back_by_the_next_night_and_told_to_the_data_owner_alone(
    site: Installation,
) -> None:
    settings = settings_of(site)
    assert (site.current / COPY).stat().st_mode & 0o077 == 0
    alert = answered(settings)
    keep_copy(settings)
    before, heard = state(settings), outbox(site)
    delete(settings)
    done = site.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The ledger was gone or empty" in done.stdout
    assert state(settings) == before
    assert before[alert]
    assert {path.parent.name for path in outbox(site) - heard} == {"data_owner"}
    assert not (site.data / NOTE).exists()


def test_an_emptied_ledger_is_put_back_as_well(site: Installation) -> None:
    settings = settings_of(site)
    before = state(settings)
    delete(settings)
    (site.data / "ledger.db").write_bytes(b"")
    assert state(settings) == before
    assert (site.data / NOTE).exists()


def test_without_a_copy_the_marts_serve_and_what_was_published_counts_as_told(
    site: Installation,
) -> None:
    settings = settings_of(site)
    before, heard = state(settings), outbox(site)
    (site.current.resolve() / COPY).unlink()
    delete(settings)
    assert state(settings).keys() == before.keys()
    done = site.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.parent.name for path in outbox(site) - heard} <= {"data_owner"}


def test_a_first_night_has_lost_nothing(site: Installation) -> None:
    settings = settings_of(site)
    (site.data / "current").unlink()
    (site.data / "versions").rename(site.root / "elsewhere")
    delete(settings)
    assert state(settings) == {}
    assert not (site.data / NOTE).exists()
