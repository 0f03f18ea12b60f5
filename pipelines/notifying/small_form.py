"""The fields of a posted form, read no further than an honest one is long.

Add here: another bound on what is posted. Keep out: who may post, and what follows from it.
"""

from __future__ import annotations

from starlette.requests import Request

LARGEST_FORM = 64 * 1024


async def small_form(request: Request, most_fields: int) -> dict[str, str] | None:
    """The text fields of a form; None if its body is larger than any honest one."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    request._body = bytes(body)  # what Request.form() reads once the stream is used up
    form = await request.form(max_files=0, max_fields=most_fields)
    return {key: value for key, value in form.items() if isinstance(value, str)}
