"""What Kingdee's answers mean: nearly all come with HTTP 200, errors among them as rows of a query.

Add here: a code or text and what to do about it. Keep out: rules of HTTP itself (`http/rules.py`).

Nothing counts as rows before it has passed here: an error taken for a row would move the cursor. The
code `MsgCode` decides; the texts depend on the language and decide only where there is no code.
"""

from __future__ import annotations

from typing import Any

import orjson

from pipelines import language
from pipelines.language import Said
from pipelines.sources.http import Reply, Verdict
from pipelines.sources.http.replies import Action

NO_RIGHT, NO_FIELD, NO_FORM, NO_LICENCE = "2", "9", "10", "7"
NOT_THERE = {NO_FORM, "5", NO_LICENCE}
_ERROR_PREFIX = b"response_error:"
_STEPS = {
    NO_RIGHT: language.text("sources.kingdee.give_integration_user_right_query"),
    "5": language.text("sources.kingdee.correct_form"),
    NO_FORM: language.text("sources.kingdee.correct_form_or_install"),
    NO_LICENCE: language.text("sources.kingdee.let_module_api_be_licensed"),
    NO_FIELD: language.text("sources.kingdee.correct_key_options_forms_keys"),
    "8": language.text("sources.kingdee.correct_key_options_forms_keys"),
    "15": language.text("sources.kingdee.let_administrator_name_another_integration"),
}
_LOGIN_STEPS = {
    0: language.text("sources.kingdee.check_acct_id_data_centre"),
    2: language.text("sources.kingdee.check_user_name_must_be"),
}
_GATEWAY_BUSY = "4006"
_MOST_EXCEPTIONS, _MOST_LIMITS, _LIMIT_WAIT = 2, 3, 60.0


def error_of(content: Any) -> tuple[str, str] | None:
    """Code and text of an error in any of its shapes; None if the content is none."""
    if isinstance(content, list):
        for item in content:
            if isinstance(item, (list, dict)) and (found := error_of(item)):
                return found
        return None
    if not isinstance(content, dict):
        return None
    status = content.get("ResponseStatus")
    if isinstance(status, dict):
        if str(status.get("IsSuccess")).lower() == "true":
            return None
        errors = status.get("Errors")
        texts = [str(e.get("Message") or "") for e in errors or () if isinstance(e, dict)]
        code = str(status.get("MsgCode") if status.get("MsgCode") is not None else "").strip()
        return _coded(code, "; ".join(filter(None, texts)))
    if isinstance(content.get("Result"), (dict, list)):
        return error_of(content["Result"])
    if "Message" in content:
        return _coded("", str(content.get("Message") or ""))
    return None


def _coded(code: str, text: str) -> tuple[str, str]:
    """The code, taken from the text where the system gives none of its own."""
    if code in ("", "0"):
        if "会话" in text or "重新登录" in text:
            code = "1"
        elif "业务对象不存在" in text or ("业务对象" in text and "不存在" in text):
            code = NO_FORM
        elif "字段不存在" in text:
            code = NO_FIELD
    return code, text


def are_rows(content: Any) -> bool:
    """Whether this is the answer of a query: a list of non-empty lists of scalars."""
    return isinstance(content, list) and all(
        isinstance(row, list) and row and not any(isinstance(cell, (list, dict)) for cell in row)
        for row in content
    )


class Judge:
    """The rules of one site. Remembers how often in a row it was told to wait."""

    def __init__(self) -> None:
        self._in_a_row: dict[str, int] = {}

    def __call__(self, reply: Reply) -> Verdict | None:
        if "AuthService" in reply.where:
            return self._login(reply)
        if reply.status == 519:
            return self._gateway(reply)
        if reply.status != 200:
            return None
        content = reply.json_or_none()
        if content is None:
            return self._no_json(reply)
        error = error_of(content)
        if error is None:
            # An empty row, or a row of something that is no value: not known to mean anything.
            if isinstance(content, list) and not are_rows(content):
                return Verdict("retry", language.text("sources.kingdee.neither_rows_nor_error"))
            self._in_a_row.clear()
            return None
        return self._error(*error)

    def _error(self, code: str, text: str) -> Verdict:
        told = language.text(
            "sources.kingdee.message_and_code",
            said=text[:200] or language.text("sources.kingdee.refused_without_reason"),
            code=code or "-",
        )
        if code == "1":
            step = language.text("sources.kingdee.see_whether_another_program_logs")
            return Verdict("login", told, step, code)
        if code in ("6", "13"):
            return Verdict("retry", told, code=code)
        if code in ("4", "14"):
            count = self._in_a_row[code] = self._in_a_row.get(code, 0) + 1
            if count > (_MOST_EXCEPTIONS if code == "4" else _MOST_LIMITS):
                return Verdict(
                    "transient",
                    told,
                    language.text("sources.kingdee.run_again_later_at_quieter"),
                    code,
                )
            return Verdict("retry", told, code=code, wait=_LIMIT_WAIT if code == "14" else None)
        return Verdict("permanent", told, _STEPS.get(code, ""), code)

    def _no_json(self, reply: Reply) -> Verdict | None:
        body = reply.body.strip()
        if not body.startswith(_ERROR_PREFIX):
            return None  # a page or nothing: the general rules
        rest = body.removeprefix(_ERROR_PREFIX).strip()
        try:
            error = error_of(orjson.loads(rest))
        except orjson.JSONDecodeError:
            error = None
        return self._error(*(error or _coded("", rest.decode("utf-8", "replace"))))

    def _gateway(self, reply: Reply) -> Verdict:
        content = reply.json_or_none()
        code = str(content.get("errcode", "")) if isinstance(content, dict) else ""
        told = f"HTTP 519, errcode {code or 'none'}"
        if code == _GATEWAY_BUSY:
            return Verdict("retry", told, code=code)
        return Verdict(
            "permanent", told, language.text("sources.kingdee.ask_operator_site_s_gateway"), code
        )

    def _login(self, reply: Reply) -> Verdict | None:
        """A login is tried again only where it did not reach the site: the third locks the user."""
        if reply.status >= 500:
            count = self._in_a_row["login"] = self._in_a_row.get("login", 0) + 1
            action: Action = "retry" if count < 2 else "transient"
            told = language.text("sources.kingdee.status_at_login", status=reply.status)
            return Verdict(action, told, wait=_LIMIT_WAIT)
        content = reply.json_or_none()
        if reply.status != 200 or not isinstance(content, dict):
            return None
        self._in_a_row.pop("login", None)
        kind = content.get("LoginResultType")
        if kind in (1, -5):
            return None
        error = error_of(content)
        text = str(content.get("Message") or (error[1] if error else "") or "")
        code = str(content.get("MessageCode") or "")
        if "次数超限" in text or "锁定" in text:
            wait = language.text("sources.kingdee.wait_at_least_30_minutes")
            return Verdict("transient", text, wait, code)
        step: Said = _LOGIN_STEPS.get(kind if isinstance(kind, int) else -1) or ""
        if "不允许用户" in text:
            step = language.text("sources.kingdee.add_user_application_s_list")
        elif code == "002005000003016":
            step = language.text("sources.kingdee.check_app_secret_clock_this")
        elif error and error[0] in _STEPS:
            step = _STEPS[error[0]]
        told = language.text(
            "sources.kingdee.login_refused_type",
            said=text[:200] or language.text("sources.kingdee.login_refused"),
            kind=f"{kind}, {code}" if code else kind,
        )
        return Verdict("permanent", told, step or language.text("sources.login.correct"), code)
