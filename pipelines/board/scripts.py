"""Scripts that come from pinned packages: the one that saves reloads, the one that draws living charts.

Add here: a file that a package carries. Keep out: files of our own (`static/`).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipelines.board.charts.script import script


@cache
def _script() -> bytes:
    return (files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js").read_bytes()


async def _htmx(_request: Request) -> Response:
    """The library that saves reloads, from the package that carries it."""
    return Response(
        _script(), media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"}
    )


def _vega(request: Request) -> Response:
    """The script that draws living charts; a browser without gzip keeps the pictures."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(status_code=406)
    return Response(
        script(), media_type="text/javascript",
        headers={"Cache-Control": "public, max-age=86400", "Content-Encoding": "gzip"},
    )  # fmt: skip


async def _favicon(_request: Request) -> Response:
    return RedirectResponse("/static/icon.svg", 301)


SCRIPTS = [
    Route("/static/htmx.js", _htmx, methods=["GET"]),
    Route("/static/vega.js", _vega, methods=["GET"]),
    Route("/favicon.ico", _favicon, methods=["GET"]),
]
