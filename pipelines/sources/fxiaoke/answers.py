"""What 纷享销客's codes mean: every failure comes with HTTP 200 and an `errorCode`.

Add here: a code and what an administrator can do about it. Keep out: rules of HTTP itself. Texts of
errors are shown and never judged by: the manual says that they change.
"""

from __future__ import annotations

from pipelines import language
from pipelines.sources.http import Reply, Verdict

CODE = (int, str)  # some clients were given "0"
_BUSY = {"-1", "-2", "50009"}
_TOO_OFTEN = {"30004", "14001"}
_TOKEN_DEAD = "20016"
_DAY_USED_UP = "30002"
_PAUSE = 20.0  # seconds; the limit counts calls within 20 seconds
_APP = language.text("sources.fxiaoke.check_app_id_app_secret")
_NEXT_STEPS = {
    "10006": _APP,
    "20005": _APP,
    "20006": _APP,
    "20015": _APP,
    "20017": language.text("sources.fxiaoke.check_app_id_permanent_code"),
    "30003": language.text("sources.fxiaoke.buy_open_api_quota_pack"),
    "20021": language.text("sources.fxiaoke.enable_app_company_s_administration"),
    "20014": language.text("sources.fxiaoke.add_acting_employee_visible_range"),
    "20020": language.text("sources.fxiaoke.authorise_app_this_company"),
    "20022": language.text("sources.fxiaoke.authorise_app_this_interface"),
    "15003": language.text("sources.fxiaoke.authorise_app_this_interface"),
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
        step = language.text("sources.fxiaoke.lower_calls_per_20_seconds")
        return Verdict("retry", said, step, code=code, wait=_PAUSE)
    if code == _TOKEN_DEAD:
        step = language.text("sources.fxiaoke.look_another_program_uses_same")
        return Verdict("login", said, step, code=code)
    if code == _DAY_USED_UP:
        step = language.text("sources.fxiaoke.today_s_calls_are_used")
        return Verdict("transient", said, step, code=code)
    usual = language.text("sources.fxiaoke.acting_employee_rights")
    return Verdict("permanent", said, _NEXT_STEPS.get(code) or usual, code=code)
