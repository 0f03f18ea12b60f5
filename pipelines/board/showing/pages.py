"""Templates filled for a visit: figures, dates and words in the reader's language.

Add here: a filter or function of templates. Keep out: what a page shows.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment
from markupsafe import Markup

from pipelines.board.charts.script import release
from pipelines.board.showing.sparks import bullet, trace
from pipelines.board.site import Shown, Visit
from pipelines.language import has, languages, stored, text
from pipelines.language.figures import DASH
from pipelines.reporting.html import badge, template_environment
from pipelines.reporting.story import judged_value, level_word, metric_name, metric_value

TEMPLATES = Path(__file__).parent.parent / "templates"
# In the order of a working day; phones show the first ones and fold the others.
NAVIGATION = ("today", "targets", "pipeline", "customers", "warnings", "signals", "meeting", "data")


@cache
def environment() -> Environment:
    """The templates, read once."""
    return template_environment(TEMPLATES)


def say(language: str, key: str, /, **values: Any) -> str:
    """A text of the board in a language. Raises KeyError for an unknown key."""
    return text(f"board.{key}", **values).into(language)


def say_or(language: str, key: str, otherwise: str) -> str:
    """The text of a key made from data, or the data's own word."""
    return say(language, key) if has(f"board.{key}") else otherwise


def render(visit: Visit, shown: Shown, *, part: bool = False) -> str:
    """The page as HTML; with `part` the values say that only a piece of it goes out."""
    writer, language = visit.writer, visit.language
    names = {
        "visit": visit,
        "viewer": visit.viewer,
        "language": language,
        "lang_code": "zh-CN" if language == "zh" else language,
        "languages": languages(),
        "theme": visit.session.theme,
        "themes": ("auto", "light", "dark"),
        "token": visit.site.sessions.form_token(visit.session),
        "company": visit.site.settings.company,
        "as_of": visit.as_of,
        "navigation": [(name, say(language, f"nav.{name}")) for name in pages_of(visit)],
        "here": visit.request.url.path,
        "back": back_to(visit),
        "is_open": visit.site.door.is_open,
        "t": partial(say, language),
        "kept": lambda row, name: stored.found(row, name, language),
        "t_or": partial(say_or, language),
        "write": writer,
        "dash": DASH,
        "badge": partial(badge, language=language),
        "level_word": lambda level: level_word(level, language),
        "ago": partial(ago, visit),
        "trace": partial(trace, language),
        "bullet": partial(bullet, language),
        "metric_name": lambda metric: metric_name(metric, language),
        "metric_value": lambda metric, value: metric_value(metric, value, writer),
        "worded": lambda row, name: row.get(f"{name}_{language}") or row.get(f"{name}_en") or "",
        "judged_value": lambda metric, value: judged_value(metric, value, writer),
        "link": partial(link, visit),
        "person": visit.person,
        "scope_name": visit.scope_name,
        "called": lambda row: visit.scope_name(
            row["scope_type"], row["scope_id"], row["scope_name"]
        ),
        "data_chip": data_chip(visit),
        "vega": release(),
        "part": part,
    }
    return environment().get_template(shown.template).render({**names, **shown.values})


def pages_of(visit: Visit) -> tuple[str, ...]:
    """The pages that a viewer has; the state of the data in full is not everybody's."""
    return NAVIGATION


def ago(visit: Visit, day: dt.date | dt.datetime | None) -> Markup:
    """A day as "3 days ago (27 Oct)", the full date for machines and on hovering."""
    if day is None:
        return Markup(DASH)
    if isinstance(day, dt.datetime):
        day = day.astimezone(visit.site.settings.timezone).date()
    days = (visit.as_of - day).days
    date = visit.writer.date(day)
    if not 0 <= days <= 13:
        if abs(days) > 300:
            date = visit.writer.full_date(day)
        words = date
    else:
        key = ("time.today", "time.yesterday")[days] if days < 2 else "time.ago"
        words = say(visit.language, key, count=days, date=date)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        day.isoformat(), visit.writer.full_date(day), words
    )


def link(visit: Visit, **changes: object) -> str:
    """The page's address with other parameters; None takes one away."""
    values = {**visit.query, **changes}
    kept = {name: str(value) for name, value in values.items() if value not in (None, "")}
    return f"{visit.request.url.path}?{urlencode(kept)}" if kept else visit.request.url.path


def back_to(visit: Visit) -> str:
    """The address to return to after a choice: this page."""
    query = visit.request.url.query
    return visit.request.url.path + (f"?{query}" if query else "")


def data_chip(visit: Visit) -> Mapping[str, Any]:
    """The state of the feeds in a word: day of the figures, and how many feeds are late."""
    states = visit.version.kept.get("feeds")
    if states is None:
        states = Counter(row["state"] for row in visit.marts.rows("rpt_freshness", "state"))
        visit.version.kept["feeds"] = states
    late = sum(count for state, count in states.items() if state not in ("fresh", "empty"))
    day = visit.writer.date(visit.as_of)
    key = "chip.late" if late else "chip.fresh"
    return {"late": late, "words": say(visit.language, key, day=day, count=late)}
