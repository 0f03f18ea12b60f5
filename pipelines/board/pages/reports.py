"""Reports: every week's, every month's and quarter's, as they were written on their day.

Add here: another kind of report. Keep out: what they show (`reporting/`).

A report is of the whole company: whoever sees a part of it has the pages of the board instead.
"""

from __future__ import annotations

import re
from pathlib import Path

from starlette.responses import Response

from pipelines.board.site import NotHere, Shown, Visit

KINDS = ("weekly", "monthly", "quarterly")
MOST = 120
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NAME = re.compile(r"(weekly|monthly|quarterly)(\.[a-z]{2,3})?\.(html|xlsx)")
_TYPES = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# The page brings its styles along and no script; it is shown as it was written.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


def show(visit: Visit) -> Shown:
    """The days that have reports, the newest first. Raises NotHere for a part of the company."""
    folder = _folder(visit)
    days = sorted((one.name for one in folder.glob("*") if _DAY.fullmatch(one.name)), reverse=True)
    found = []
    for day in days[:MOST]:
        files = {path.name for path in (folder / day).iterdir() if _NAME.fullmatch(path.name)}
        for kind in KINDS:
            page = _of_language(files, kind, "html", visit.language)
            if page:
                sheet = _of_language(files, kind, "xlsx", visit.language)
                found.append({"day": day, "kind": kind, "page": page, "sheet": sheet})
    return Shown("reports.html.j2", {"reports": found})


def file(visit: Visit) -> Response:
    """One report, byte for byte. Raises NotHere for a part of the company, or for no report."""
    day, name = visit.request.path_params["day"], visit.request.path_params["name"]
    asked = _NAME.fullmatch(name)
    path = _folder(visit) / day / name
    if not _DAY.fullmatch(day) or asked is None or not path.is_file():
        raise NotHere
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    if asked[3] == "xlsx":
        headers["Content-Disposition"] = f'attachment; filename="{day}-{name}"'
    return Response(path.read_bytes(), media_type=_TYPES[asked[3]], headers=headers)


def _folder(visit: Visit) -> Path:
    if not visit.viewer.sees_all:
        raise NotHere
    return visit.site.settings.reports_dir


def _of_language(files: set[str], kind: str, ending: str, language: str) -> str:
    own, company = f"{kind}.{language}.{ending}", f"{kind}.{ending}"
    return own if own in files else company if company in files else ""
