"""What 纷享销客's codes mean: every failure comes with HTTP 200 and an `errorCode`.

Add here: a code and what an administrator can do about it. Keep out: rules of HTTP itself. Texts of
errors are shown and never judged by: the manual says that they change.
"""

from __future__ import annotations

from pipelines.sources.http import Reply, Verdict

CODE = (int, str)  # some clients were given "0"
_BUSY = {"-1", "-2", "50009"}
_TOO_OFTEN = {"30004", "14001"}
_TOKEN_DEAD = "20016"
_DAY_USED_UP = "30002"
_PAUSE = 20.0  # seconds; the limit counts calls within 20 seconds
_APP = "check app_id, app_secret and permanent_code of the self-built app (企业自建应用)"
_NEXT_STEPS = {
    "10006": _APP,
    "20005": _APP,
    "20006": _APP,
    "20015": _APP,
    "20017": "check app_id and permanent_code: no company was found for the token",
    "30003": "buy an Open API quota pack for this company (开放接口调用量包)",
    "20021": "enable the app in the company's administration",
    "20014": "add the acting employee to the visible range of the app (可见范围)",
    "20020": "authorise the app for this company",
    "20022": "authorise the app for this interface",
    "15003": "authorise the app for this interface",
}
# Codes that concern the source as a whole; anything else may be about one object.
STOPPING = frozenset(_NEXT_STEPS) | {_TOKEN_DEAD, "10013"}


def judge(reply: Reply) -> Verdict | None:
    """What a reply means; None leaves it to the rules of HTTP."""
    content = reply.json_or_none()
    if reply.status != 200 or not isinstance(content, dict) or "errorCode" not in content:
        return None
    code = str(content["errorCode"]).strip()
    if code == "0":
        return Verdict("accept")
    text = str(content.get("errorDescription") or content.get("errorMessage") or "")
    said = f"code {code}{', ' + text[:200] if text else ''}"
    if content.get("traceId"):
        said += f" (traceId {str(content['traceId'])[:80]})"
    if code in _BUSY:
        return Verdict("retry", said, code=code)
    if code in _TOO_OFTEN:
        step = "lower calls_per_20_seconds in the options, or run at another hour"
        return Verdict("retry", said, step, code=code, wait=_PAUSE)
    if code == _TOKEN_DEAD:
        step = (
            "look for another program that uses the same app, and for the IP whitelist of the app"
        )
        return Verdict("login", said, step, code=code)
    if code == _DAY_USED_UP:
        step = (
            "today's calls are used up until midnight; see which program uses them, or buy a pack"
        )
        return Verdict("transient", said, step, code=code)
    step = _NEXT_STEPS.get(code) or (
        "give the acting employee (user_id) the right to see this object and its records; if the "
        "call was refused altogether, put this machine's address on the IP whitelist of the app"
    )
    return Verdict("permanent", said, step, code=code)
