"""A ledger that is deleted or emptied comes back with its answers, and nobody hears twice; in the same
night a file is broken, which is told as loudly as in any other."""

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


@pytest.fixture(scope="module")
def after_both(
    published: Installation, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Installation, str, dict[str, bool], set[Path], str]:
    """A night with the ledger gone and a column of a file renamed: what stood before, and what it said."""
    site = published.copy(tmp_path_factory.mktemp("lost") / "site")
    settings = settings_of(site)
    assert (site.current / COPY).stat().st_mode & 0o077 == 0
    alert = answered(settings)
    keep_copy(settings)
    before, heard = state(settings), outbox(site)
    delete(settings)
    sheet = site.sheets / "activities.csv"
    text = sheet.read_text(encoding="utf-8-sig")
    sheet.write_text(text.replace("occurred_at", "when", 1), encoding="utf-8")
    done = site.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    return site, alert, before, heard, done.stdout


def test_a_deleted_ledger_is_put_back_by_the_next_night_and_told_to_the_data_owner_alone(
    after_both: tuple[Installation, str, dict[str, bool], set[Path], str],
) -> None:
    site, alert, before, heard, printed = after_both
    assert "The ledger was gone or empty" in printed
    now = state(settings_of(site))
    assert {one: now.get(one) for one in before} == before
    assert before[alert]
    assert {path.parent.name for path in outbox(site) - heard} == {"data_owner"}
    assert not (site.data / NOTE).exists()


def test_a_broken_file_is_refused_loudly_and_its_last_version_stays_in_force(
    published: Installation,
    after_both: tuple[Installation, str, dict[str, bool], set[Path], str],
) -> None:
    site, *_, printed = after_both
    assert "activities.csv" in printed
    assert "when" in printed
    before = published.query("select count(*) from marts.fct_activities")
    assert site.query("select count(*) from marts.fct_activities") == before
    assert site.query(
        "select count(*) from marts.rpt_data_quality where not passed and subject like '%activities%'"
    ) != [(0,)]


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
