"""The page in a real browser: it must not scroll sideways on a phone, nor grow a second chart."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from report_page import Page

CHROMIUM = next(
    (p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None
)
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--virtual-time-budget=4000",
]

# Chromium's window has a least width, so the page is laid out in a frame of the phone's width.
PROBE = """<body style="margin:0"><iframe id="f" style="border:0;width:{width}px;height:900px" srcdoc="{page}">
</iframe><p id="out"></p><script>
f.onload = () => {{
  const page = f.contentDocument.documentElement, seen = e => getComputedStyle(e).display !== "none";
  const wide = [...f.contentDocument.querySelectorAll("body *")].filter(
    e => !e.closest("svg") && !e.closest("thead") && e.getBoundingClientRect().right > {width} + 0.5);
  const shown = s => [...f.contentDocument.querySelectorAll(s)].filter(seen).length;
  out.textContent = [page.scrollWidth, wide.length, shown(".wide"), shown(".narrow")].join(" ");
}};
</script>"""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found")
@pytest.mark.parametrize("name", ["page", "page_en"])
@pytest.mark.parametrize("width", [360, 390, 1200])
def test_nothing_overflows(
    name: str, width: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    page: Page = request.getfixturevalue(name)
    escaped = page.text.replace("&", "&amp;").replace('"', "&quot;")
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(width=width, page=escaped), encoding="utf-8")
    done = subprocess.run(
        [str(CHROMIUM), *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         f"--window-size={max(width, 600)},900", probe.as_uri()],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    found = re.search(r'id="out">(\d+) (\d+) (\d+) (\d+)<', done.stdout)
    assert found, done.stdout[-500:]
    scroll, too_wide, wide, narrow = map(int, found.groups())
    assert scroll <= width
    assert too_wide == 0
    assert (wide > 0, narrow > 0) == (width > 760, width <= 760)
