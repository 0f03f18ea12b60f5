"""Scripts that come from pinned packages: the one that saves reloads, the one that draws living charts.

Add here: a file that a package carries. Keep out: files of our own (`static/`).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pipelines.board.charts.script import release, script

_A_DAY = "public, max-age=86400"
# Its address names the release, so what a browser has under it never changes.
_FOR_EVER = "public, max-age=31536000, immutable"


def scripts(data_dir: Path) -> list[BaseRoute]:
    """The addresses of these files."""

    def vega(request: Request) -> Response:
        """The script that draws living charts; a browser without gzip keeps the pictures."""
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(status_code=406)
        kept = _FOR_EVER if request.query_params.get("v") == release() else _A_DAY
        return FileResponse(
            script(data_dir), media_type="text/javascript",
            headers={"Cache-Control": kept, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
        )  # fmt: skip

    return [
        Route("/static/htmx.js", _htmx, methods=["GET"]),
        Route("/static/vega.js", vega, methods=["GET"]),
        Route("/favicon.ico", _favicon, methods=["GET"]),
    ]


@cache
def _script() -> bytes:
    return (files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js").read_bytes()


async def _htmx(_request: Request) -> Response:
    """The library that saves reloads, from the package that carries it."""
    return Response(_script(), media_type="text/javascript", headers={"Cache-Control": _A_DAY})


async def _favicon(_request: Request) -> Response:
    return RedirectResponse("/static/icon.svg", 301)
