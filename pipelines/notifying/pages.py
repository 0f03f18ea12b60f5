"""The pages behind a link: one alert with its buttons, or one clear sentence.

Add here: a part of such a page. Keep out: what a button does (`endpoint.py`).

No script and no outside address, so that a page works in any mail reader's browser.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from jinja2 import DictLoader, Environment

from pipelines.ledger.lookup import History
from pipelines.ledger.refusals import OUTCOMES, outcome_name
from pipelines.notifying.describing import figures, headline, reasons, statement
from pipelines.notifying.messages import Line, compose
from pipelines.notifying.slices import Hierarchy
from pipelines.notifying.wording import Language, word

_FRAME = """<!doctype html>
<html lang="{{ lang }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{{ title }}</title>
<style>
body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;max-width:44rem;
margin:1.5rem auto;padding:0 1rem;color:#1c2430}
h1{font-size:1.3rem} p{margin:.35rem 0} .said{background:#eef4ee;border-left:4px solid #3a7d44;
padding:.6rem .9rem} .refused{background:#fbefec;border-left:4px solid #b3412f;padding:.6rem .9rem}
form{border-top:1px solid #d8dde3;padding:.8rem 0} input,textarea,select{font:inherit;width:100%;
box-sizing:border-box;margin:.2rem 0} button{font:inherit;padding:.4rem 1rem} small{color:#5b6675}
</style></head><body>{% block body %}{% endblock %}</body></html>"""

_SENTENCE = """{% extends "frame" %}{% block body %}<h1>{{ title }}</h1>
<p>{{ more }}</p>{% endblock %}"""

_ALERT = """{% extends "frame" %}{% block body %}
{% if said %}<p class="said" role="status">{{ said }}</p>{% endif %}
{% if refused %}<p class="refused" role="alert">{{ refused }}</p>{% endif %}
<h1>{{ title }}</h1>{{ figures | safe }}
<p><small>{{ acting_as }}</small></p>
{% if answerable %}
{% macro form(action, label) %}<form method="post"><input type="hidden" name="action"
value="{{ action }}">{{ caller() }}<button>{{ label }}</button></form>{% endmacro %}
{% call form("ack", w.ack) %}{% endcall %}
{% call form("take", w.take) %}{% endcall %}
{% call form("plan", w.plan) %}<textarea name="text" rows="3" required maxlength="4000"
placeholder="{{ w.plan_hint }}" aria-label="{{ w.plan_hint }}"></textarea>{% endcall %}
{% call form("resolve", w.resolve) %}<select name="outcome" aria-label="{{ w.outcome }}">
{% for key, name in outcomes %}<option value="{{ key }}"{{ " selected" if key == proposed }}>
{{- name }}</option>{% endfor %}</select><input name="note" required maxlength="4000"
placeholder="{{ w.note_hint }}" aria-label="{{ w.note_hint }}">{% endcall %}
{% call form("false_alarm", w.false_alarm) %}<input name="note" required maxlength="4000"
placeholder="{{ w.false_hint }}" aria-label="{{ w.false_hint }}">{% endcall %}
{% call form("snooze", w.snooze) %}<label>{{ w.until_label }}<input type="date" name="until"
required></label><input name="reason" required maxlength="4000" placeholder="{{ w.reason_hint }}"
aria-label="{{ w.reason_hint }}">{% endcall %}
{% endif %}
<form method="post"><input type="hidden" name="action" value="comment"><textarea name="text"
rows="2" required maxlength="4000" placeholder="{{ w.comment_hint }}"
aria-label="{{ w.comment_hint }}"></textarea><button>{{ w.comment }}</button></form>
{% if history %}<h2>{{ w.history }}</h2><ul>{% for row in history %}<li>{{ row }}</li>
{% endfor %}</ul>{% endif %}
{% endblock %}"""

_TEMPLATES = Environment(
    loader=DictLoader({"frame": _FRAME, "sentence": _SENTENCE, "alert": _ALERT}),
    autoescape=True,
)
_WORDS = ("ack", "take", "plan", "plan_hint", "resolve", "outcome", "note_hint", "false_alarm",
          "false_hint", "snooze", "until_label", "reason_hint", "comment", "comment_hint",
          "history")  # fmt: skip


def sentence_page(language: Language, title: str, more: str) -> str:
    """A page that says one thing: the link is old, changed, or leads nowhere."""
    return _TEMPLATES.get_template("sentence").render(
        lang=_lang(language), title=word(title, language), more=word(more, language)
    )


def alert_page(
    history: History,
    person_id: str,
    language: Language,
    *,
    currency: str,
    timezone: ZoneInfo,
    hierarchy: Hierarchy,
    said: str = "",
    refused: str = "",
) -> str:
    """The alert with what is known and done, and a form for each answer that is still possible."""
    alert = history.alert
    body = compose(
        "",
        [
            Line(statement(alert, language)),
            *figures(alert, language, currency),
            *reasons(alert, language, currency, hierarchy),
        ],
    ).html
    return _TEMPLATES.get_template("alert").render(
        lang=_lang(language),
        title=headline(alert, language, word(alert.state, language)),
        figures=body,
        said=said,
        refused=refused,
        acting_as=word("acting_as", language, person=hierarchy.name_of(person_id)),
        answerable=alert.resolved_at is None,
        outcomes=[(key, outcome_name(key).into(language)) for key in OUTCOMES],
        proposed=alert.proposed_outcome,
        w={key: word(key, language) for key in _WORDS},
        history=_done(history, language, timezone, hierarchy),
    )


def _done(
    history: History, language: Language, timezone: ZoneInfo, hierarchy: Hierarchy
) -> list[str]:
    rows: list[tuple[dt.datetime, str, str, str]] = []
    for response in history.responses:
        values = {"person": hierarchy.name_of(response.assigned_to), "day": response.until}
        action = word(f"act_{response.action}", language, **values)
        if response.outcome:
            action += f" · {outcome_name(response.outcome).into(language)}"
        rows.append((response.acted_at, response.person_id, action, response.text or ""))
    for comment in history.comments:
        action = word("comment_hint", language)
        rows.append((comment.written_at, comment.person_id, action, comment.text))
    return [
        f"{at.astimezone(timezone):%Y-%m-%d %H:%M} · {hierarchy.name_of(person)} · {action}"
        + (f" · {text}" if text else "")
        for at, person, action, text in sorted(rows, key=lambda row: row[0])
    ]


def _lang(language: Language) -> str:
    return word("html_lang", language)
