"""The charts of progress as inline SVG, without scripts: months against target, pace.

Add here: a chart of targets. Keep out: the shapes (`drawing.py`), charts of the pipeline
(`selling_charts.py`), and figures.

Each chart takes its width in user units: the template draws a wide one for desk and paper and a
narrow one for the phone, so that letters stay readable on both. A missing figure is not drawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from markupsafe import Markup

from pipelines.language.figures import Writer
from pipelines.reporting import drawing as d
from pipelines.reporting.records import Completion, PacePoint
from pipelines.reporting.texts import say

Scale = Callable[[float], float]
Draw = Callable[[int], Markup]


def months_chart(
    months: Sequence[Completion], as_of: dt.date, writer: Writer, width: int
) -> Markup:
    """Columns of actual revenue by month with the target as a bar across.

    The running month carries its projection as a pale column behind; below each month stands
    the attainment. Months after `as_of` show their target only.
    """
    language = writer.language
    left, right, top, bottom, height = 46, 8, 30, 38, 250
    amounts = [
        amount
        for month in months
        for amount in (month.actual, month.target, _projected(month, as_of))
        if amount is not None
    ]
    scale, parts = _axis(
        max(amounts, default=0.0), left, width - right, top, height - bottom, writer
    )
    step = (width - left - right) / max(1, len(months))
    for index, month in enumerate(months):
        middle = left + step * (index + 0.5)
        column = min(34.0, step * 0.62)
        x = middle - column / 2
        projected = _projected(month, as_of)
        if projected is not None:
            parts.append(_column(x, scale, projected, column, fill=d.PROJECTED, stroke=d.ACTUAL,
                                 stroke_dasharray="3 2"))  # fmt: skip
        if month.actual is not None and month.period_start <= as_of:
            parts.append(_column(x, scale, month.actual, column, fill=d.ACTUAL))
        if month.target is not None:
            y = scale(month.target)
            parts.append(d.line((x - 3, y), (x + column + 3, y), stroke=d.TARGET, stroke_width=2.5))
        parts.append(
            d.text(middle, height - bottom + 16, writer.month(month.period_start),
                   text_anchor="middle", font_size=11 if step > 34 else 10)
        )  # fmt: skip
        if month.period_start <= as_of and month.attainment is not None:
            parts.append(
                d.text(middle, height - bottom + 31, writer.percent(month.attainment),
                       text_anchor="middle", font_size=11 if step > 34 else 9, fill=d.MUTED)
            )  # fmt: skip
    legend = [("actual", "box", d.ACTUAL), ("target", "line", d.TARGET)]
    if any(_projected(month, as_of) is not None for month in months):
        legend.append(("projected", "pale", d.PROJECTED))
    parts.extend(_legend(legend, left, language))
    return d.picture(width, height, parts, say("months.alt", language))


def _projected(month: Completion, as_of: dt.date) -> float | None:
    return month.projected if month.period_start <= as_of < month.period_end else None


def _column(x: float, scale: Scale, amount: float, width: float, **style: object) -> str:
    y = scale(max(0.0, amount))
    return d.rect(x, y, width, scale(0.0) - y, **style)


def pace_chart(
    points: Sequence[PacePoint], quarter: Completion, as_of: dt.date, writer: Writer, width: int
) -> Markup:
    """Cumulative actual against the expected curve, on to the projection and the target."""
    language = writer.language
    left, right, top, bottom, height = 46, 62, 30, 24, 250
    ends = (quarter.target, quarter.projected)
    amounts = [a for p in points for a in (p.actual, p.expected) if a is not None]
    amounts += [amount for amount in ends if amount is not None]
    scale, parts = _axis(
        max(amounts, default=0.0), left, width - right, top, height - bottom, writer
    )
    first, last = quarter.period_start, quarter.period_end
    length = max(1, (last - first).days)

    def place(day: dt.date) -> float:
        return left + (width - left - right) * (day - first).days / length

    expected = [(place(p.day), scale(p.expected)) for p in points if p.expected is not None]
    actual = [(place(p.day), scale(p.actual)) for p in points if p.actual is not None]
    end = place(last)
    if quarter.target is not None:
        parts.append(d.path([*expected, (end, scale(quarter.target))], stroke=d.EXPECTED,
                            stroke_width=2, stroke_dasharray="6 4"))  # fmt: skip
        parts.append(d.shape("circle", cx=end, cy=scale(quarter.target), r=3.5, fill=d.TARGET))
    if actual and quarter.projected is not None:
        parts.append(d.path([actual[-1], (end, scale(quarter.projected))], stroke=d.ACTUAL,
                            stroke_width=2, stroke_dasharray="2 3"))  # fmt: skip
        parts.append(d.shape("circle", cx=end, cy=scale(quarter.projected), r=3.5, fill="#fff",
                             stroke=d.ACTUAL, stroke_width=2))  # fmt: skip
    if actual:
        parts.append(d.path(actual, stroke=d.ACTUAL, stroke_width=3))
        parts.append(d.shape("circle", cx=actual[-1][0], cy=actual[-1][1], r=4, fill=d.ACTUAL))
    parts.extend(_end_labels(end, scale, quarter, writer))
    today = place(min(as_of, last))
    parts.append(d.line((today, top), (today, scale(0.0)), stroke=d.LINE, stroke_width=1))
    days = _month_starts(first, last)
    for day in days:
        parts.append(
            d.text(place(day), height - 7, writer.date(day), font_size=11, fill=d.MUTED,
                   text_anchor="start" if day == first else "middle")
        )  # fmt: skip
    parts.append(
        d.text(today, top - 3, say("key.today", language), font_size=10, fill=d.MUTED,
               text_anchor="middle")
    )  # fmt: skip
    legend = [("actual", "line", d.ACTUAL), ("expected", "dash", d.EXPECTED),
              ("projected", "dots", d.ACTUAL)]  # fmt: skip
    parts.extend(_legend(legend, left, language))
    return d.picture(width, height, parts, say("pace.alt", language))


def _end_labels(end: float, scale: Scale, quarter: Completion, writer: Writer) -> list[str]:
    labels = [
        (scale(amount), say(f"key.{key}", writer.language), writer.money(amount), colour)
        for key, amount, colour in (
            ("target", quarter.target, d.TARGET),
            ("projected", quarter.projected, d.ACTUAL),
        )
        if amount is not None
    ]
    labels.sort()
    if len(labels) == 2 and labels[1][0] - labels[0][0] < 30:
        middle = (labels[0][0] + labels[1][0]) / 2
        labels = [(middle - 15, *labels[0][1:]), (middle + 15, *labels[1][1:])]
    parts = []
    for y, name, amount_text, colour in labels:
        parts.append(d.text(end + 8, y - 1, name, font_size=10, fill=colour))
        parts.append(d.text(end + 8, y + 11, amount_text, font_size=11, fill=colour))
    return parts


def _axis(
    top_value: float, left: float, right: float, top: float, floor: float, writer: Writer
) -> tuple[Scale, list[str]]:
    marks = d.ticks(top_value)

    def scale(value: float) -> float:
        return floor - (floor - top) * value / marks[-1]

    parts = []
    for mark in marks:
        y = scale(mark)
        parts.append(d.line((left, y), (right, y), stroke=d.LINE, stroke_width=1))
        label = writer.money(mark).removesuffix(".0")
        parts.append(d.text(left - 6, y + 4, label, text_anchor="end", font_size=10, fill=d.MUTED))
    return scale, parts


def _legend(entries: Sequence[tuple[str, str, str]], left: float, language: str) -> list[str]:
    parts, x = [], float(left)
    dashes = {"dash": "6 4", "dots": "2 3"}
    for key, kind, colour in entries:
        if kind in ("box", "pale"):
            parts.append(d.rect(x, 3, 12, 10, fill=colour,
                                stroke=d.ACTUAL if kind == "pale" else None,
                                stroke_dasharray="3 2" if kind == "pale" else None))  # fmt: skip
        else:
            parts.append(d.line((x, 8), (x + 18, 8), stroke=colour, stroke_width=2.5,
                                stroke_dasharray=dashes.get(kind)))  # fmt: skip
        word = say(f"key.{key}", language)
        offset = 16 if kind in ("box", "pale") else 22
        parts.append(d.text(x + offset, 12, word, font_size=11, fill=d.MUTED))
        x += offset + len(word) * (11 if language == "zh" else 6.2) + 14
    return parts


def _month_starts(first: dt.date, last: dt.date) -> list[dt.date]:
    days, day = [], first
    while day <= last:
        days.append(day)
        day = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return days
