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

# Chromium's window has a least width, so pages are laid out in frames of the widths asked about.
WIDTHS = (360, 390, 1200)
FRAME = '<iframe style="border:0;width:1200px;height:900px" srcdoc="{page}"></iframe>'
PROBE = """<body style="margin:0">{frames}<p id="out"></p><script>
onload = () => {{
  for (const f of document.querySelectorAll("iframe")) for (const width of {widths}) {{
    f.style.width = width + "px";
    const inside = f.contentDocument, seen = e => f.contentWindow.getComputedStyle(e).display !== "none";
    const wide = [...inside.querySelectorAll("body *:not(svg *, thead *)")].filter(
      e => e.getBoundingClientRect().right > width + 0.5);
    const shown = s => [...inside.querySelectorAll(s)].filter(seen).length;
    out.append([width, inside.documentElement.scrollWidth, wide.length, shown(".wide"), shown(".narrow")].join(" ") + ";");
  }}
}};
</script>"""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found")
def test_nothing_overflows_in_either_language(page: Page, page_en: Page, tmp_path: Path) -> None:
    frames = [
        FRAME.format(page=one.text.replace("&", "&amp;").replace('"', "&quot;"))
        for one in (page, page_en)
    ]
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(frames="".join(frames), widths=[*WIDTHS]), encoding="utf-8")
    done = subprocess.run(
        [str(CHROMIUM), *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         "--window-size=1300,900", probe.as_uri()],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    found = re.findall(r"(\d+) (\d+) (\d+) (\d+) (\d+);", done.stdout)
    assert [int(width) for width, *_ in found] == [*WIDTHS, *WIDTHS], done.stdout[-500:]
    for told in found:
        width, scroll, too_wide, wide, narrow = map(int, told)
        assert scroll <= width
        assert too_wide == 0
        assert (wide > 0, narrow > 0) == (width > 760, width <= 760)
