"""The board in a real Chromium: its main ways, in both languages, on phones and walls, by keyboard and reader."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from board_layout import MEASURE
from board_server import PAGES, Cast, cast_of, served
from nightly_site import Installation
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pipelines.ledger.lookup import show_alert
from pipelines.ledger.signals import add_signal
from pipelines.ledger.store import open_ledger

CHROMIUM = next(
    (p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="needs chromium, chromium-browser or google-chrome on the path"
    ),
]
NOW = dt.datetime(2026, 10, 30, 1, tzinfo=dt.UTC)
LONG_NAME = "A team whose name is as long as anybody ever dared to type 华东大区"
WIDTHS = (360, 768, 1280, 1920)


@pytest.fixture(scope="module")
def site(published: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return published.copy(tmp_path_factory.mktemp("board") / "site")


@pytest.fixture(scope="module")
def cast(site: Installation) -> Cast:
    return cast_of(site)


@pytest.fixture(scope="module")
def risk(site: Installation, cast: Cast) -> str:
    """A danger reported by hand, with a name of 60 characters."""
    ledger = open_ledger(f"sqlite:///{site.data / 'ledger.db'}")
    try:
        return add_signal(
            ledger, "team", cast.team, "A rival underbids us in three tenders", "somebody",
            now=NOW, today=NOW.date(), level="danger", scope_name=LONG_NAME, owner_id=cast.manager,
        ).alert_id  # fmt: skip
    finally:
        ledger.close()


@pytest.fixture(scope="module")
def board(site: Installation, risk: str) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def english(chromium: Browser, board: str) -> Any:
    """What a browser keeps that has chosen English."""
    context = chromium.new_context(base_url=board, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto("/signals")
    choose(page, "en")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def page(chromium: Browser, board: str, english: Any) -> Iterator[Page]:
    """A page of the board in English; an error or a request that leaves the host fails the test."""
    context = chromium.new_context(
        base_url=board, viewport={"width": 1280, "height": 900}, storage_state=english
    )
    opened = context.new_page()
    faults: list[str] = []
    opened.on(
        "console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None
    )
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request", lambda r: None if r.url.startswith((board, "data:")) else faults.append(r.url)
    )
    yield opened
    context.close()
    assert faults == []


def choose(page: Page, value: str) -> None:
    """A language or theme from the menu; returns when the page it leads to is there."""
    page.locator(".menu > summary").click()
    with page.expect_navigation():
        page.locator(f'.menu button[value="{value}"]').click()


def test_from_the_company_to_an_overdue_deal_in_three_clicks(page: Page, cast: Cast) -> None:
    page.goto("/")
    page.get_by_role("link", name="Pipeline").first.click()
    page.locator(".tabs a", has_text="Overdue").click()
    page.locator("#deals tbody th a").first.click()
    expect(page.locator(".why").first).to_contain_text("still open")
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()


def test_a_warning_is_seen_taken_planned_and_closed_where_it_stands(
    page: Page, site: Installation, risk: str
) -> None:
    page.goto("/")
    card = page.locator(f"#case-{risk}")
    card.get_by_role("button", name="Seen").click()
    expect(card).to_contain_text("has seen it")
    assert page.url.endswith("/")  # in place, without another page
    card.get_by_role("button", name="I take it").click()
    expect(card.locator("summary", has_text="Plan").first).to_be_visible()
    card.locator("summary", has_text="Plan").first.click()
    card.get_by_role("button", name="Plan", exact=True).first.click()
    expect(card).to_contain_text("Plan of")
    card.locator("summary", has_text="Close").first.click()
    card.get_by_label("recovered").first.check()
    card.get_by_label("What helped").first.fill("A joint visit with the director")
    card.get_by_role("button", name="Close").first.click()
    expect(card).to_contain_text("Closed by")
    expect(card.get_by_role("button", name="Useful", exact=True).first).to_be_visible()
    ledger = open_ledger(f"sqlite:///{site.data / 'ledger.db'}")
    try:
        history = show_alert(ledger, risk)
    finally:
        ledger.close()
    assert [row.action for row in history.responses] == ["ack", "assign", "plan", "resolve"]
    assert {row.channel for row in history.responses} == {"board"}


def test_answers_work_without_script(chromium: Browser, board: str, cast: Cast, risk: str) -> None:
    context = chromium.new_context(base_url=board, java_script_enabled=False, locale="en")
    plain = context.new_page()
    plain.goto(f"/warnings/{risk}")
    plain.locator("summary", has_text=re.compile("More|更多")).last.click()
    plain.locator('form:has(input[value="comment"]) textarea').fill("No script here")
    plain.locator('form:has(input[value="comment"]) button').click()
    expect(plain.locator(".events")).to_contain_text("No script here")
    context.close()


def test_a_risk_is_reported_from_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")
    page.locator(".nav .more > summary").click()
    page.locator(".more-in a", has_text="Signals").click()
    page.get_by_label("What happened").fill("Their buyer leaves in November")
    page.get_by_label("Amount at risk").fill("120000")
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_role("status").filter(has_text="Recorded")).to_be_visible()
    expect(page.locator(".lines")).to_contain_text("Their buyer leaves in November")


def test_language_and_theme_are_kept(page: Page) -> None:
    page.goto("/pipeline?list=large")
    choose(page, "dark")
    assert page.url.endswith("/pipeline?list=large")
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 22, 28)")
    choose(page, "zh")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.goto("/targets")
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 22, 28)")
    expect(page.locator("h1")).to_contain_text("能完成目标吗")


def test_a_chart_comes_alive_under_the_content_policy(page: Page) -> None:
    page.goto("/targets")
    chart = page.locator('[data-chart^="curve."]:visible')
    chart.hover()
    chart.locator(".alive svg").wait_for(timeout=60_000)
    box = chart.bounding_box()
    assert box is not None
    # Two moves: the first finds the point, the second tells it.
    for step in (0, 3):
        page.mouse.move(box["x"] + box["width"] / 3 + step, box["y"] + box["height"] / 2)
    expect(page.locator("#vg-tooltip-element")).to_contain_text("Actual")
    before = chart.inner_html()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    page.wait_for_function(
        "old => document.querySelector('[data-chart^=curve]').innerHTML !== old", arg=before
    )


AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}


def serious(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options=AXE)
    return [
        (v["id"], [n["html"][:120] for n in v["nodes"]][:3])
        for v in found.response["violations"]
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_is_cut_at_any_width_or_shuts_readers_out(
    page: Page, language: str, cast: Cast, risk: str
) -> None:
    if language != "en":
        page.goto("/signals")
        choose(page, language)
    faults: dict[str, Any] = {}
    plain = ("/", "/targets", f"/warnings/{risk}")
    for path in (*PAGES, f"/warnings/{risk}", f"/deals/{cast.deal}"):
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            faults[f"{path} at {width}"] = page.evaluate(MEASURE)
        # Lists and periods are the pages that they are of; colours are the same in both languages, and the
        # dark ones the same everywhere: three pages show them all.
        if language == "en" and "?" not in path:
            faults[path] = serious(page)
        if language == "zh" and path in plain:
            page.emulate_media(color_scheme="dark")
            faults[f"{path} in the dark"] = serious(page)
            page.emulate_media(color_scheme="light")
        # Letters twice as large, as some phones have them: nothing is cut.
        if language == "en" and path in plain:
            page.set_viewport_size({"width": 360, "height": 900})
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            faults[f"{path} in large type"] = page.evaluate(MEASURE)
    assert {path: found for path, found in faults.items() if found} == {}
