"""The weekly report as one self-contained HTML page: figures in, text out.

Add here: what the template needs to be told. Keep out: figures, sentences and numbers' formats
(their modules), and the page's layout (`templates/weekly.html.j2`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.configuration.company import Company
from pipelines.fiscal_calendar import week_start
from pipelines.language.figures import DASH, Writer
from pipelines.reporting import alert_words, charts, selling_charts, story
from pipelines.reporting.agenda import agenda
from pipelines.reporting.drawing import Spec, drawn
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.records import LEVELS, OTHER_LEVELS, SHAPES
from pipelines.reporting.texts import say, say_or

TEMPLATES = Path(__file__).parent / "templates"

# How much a page carries before it points to the workbook.
TOP_ALERTS, OTHER_ALERTS, TABLE_ROWS, LIST_ROWS, SYMPTOMS = 8, 20, 40, 12, 3
WIDE, NARROW, MARGIN = 500, 350, 60


def render_weekly(figures: ReportFigures, company: Company, language: str, board: str = "") -> str:
    """The page's text in one language; the same figures give the same text.

    `board` is the board's address, to which every case leads; empty: no links.
    """
    environment = template_environment()
    writer = Writer(language, company.currency)
    return (
        environment.get_template("weekly.html.j2").render(
            figures=figures,
            company=company,
            board=board.rstrip("/"),
            language=language,
            week=(week_start(figures.as_of, company), figures.as_of),
            write=writer,
            dash=DASH,
            t=partial(_say, language),
            t_or=lambda key, otherwise: say_or(key, language, otherwise),
            badge=partial(badge, language=language),
            story=story,
            words=alert_words,
            agenda=agenda(figures, writer),
            draw=_Draw(figures, writer),
            limits={
                "top": TOP_ALERTS,
                "others": OTHER_ALERTS,
                "rows": TABLE_ROWS,
                "list": LIST_ROWS,
                "symptoms": SYMPTOMS,
            },
        )
        + "\n"
    )


@cache
def template_environment(folder: Path = TEMPLATES) -> Environment:
    """How templates for people are read: values are escaped, what is not given is a fault.

    One of each folder, since a template is compiled once for an environment.
    """
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def badge(level: str | None, *, language: str) -> Markup:
    """A level as shape and word in its colour."""
    name = level if level in LEVELS or level in OTHER_LEVELS else "none"
    return Markup('<span class="level {}"><i aria-hidden="true">{}</i>{}</span>').format(
        name, SHAPES.get(name, "○"), story.level_word(level, language)
    )


class _Draw:
    """Charts of the report, each in a wide and a narrow form; the board has the same alive."""

    def __init__(self, figures: ReportFigures, writer: Writer) -> None:
        self._figures, self._writer = figures, writer

    def months(self) -> Markup:
        months, as_of = self._figures.progress.months, self._figures.as_of
        return self._both(
            "months.alt", lambda width: charts.months_chart(months, as_of, self._writer, width)
        )

    def pace(self) -> Markup:
        progress, as_of = self._figures.progress, self._figures.as_of
        quarter = progress.company["quarter"]
        row = {
            "as_of": as_of, "period_start": quarter.period_start, "period_end": quarter.period_end,
            "target_amount": quarter.target, "actual_amount": quarter.actual,
            "expected_amount": quarter.expected, "projected_amount": quarter.projected,
            "projected_low": None, "projected_high": None,
        }  # fmt: skip
        days = [
            {"as_of": one.day, "actual_amount": one.actual, "expected_amount": one.expected}
            for one in progress.pace
        ]
        return self._both(
            "pace.alt",
            lambda width: charts.curve(row, days, self._writer, width - MARGIN),
        )

    def funnel(self) -> Markup:
        return self._both(
            "funnel.alt",
            lambda width: selling_charts.funnel_chart(self._figures.funnel, self._writer, width),
        )

    def bridge(self) -> Markup:
        bridge = self._figures.pipeline.bridge
        assert bridge is not None
        tell = partial(say, language=self._writer.language)
        steps = [
            (tell("bridge.opening"), bridge.opening, "total"),
            # A win leaves the pipeline as well, and is no loss.
            *((tell(f"bridge.{name}"), amount, "gain" if amount > 0 or name == "won" else "loss")
              for name, amount in bridge.steps),
            (tell("bridge.closing"), bridge.closing, "total"),
        ]  # fmt: skip
        return self._both(
            "bridge.alt", lambda width: selling_charts.bridge(steps, self._writer, width)
        )

    def spark(self, values: tuple[float | None, ...], label: str) -> Markup:
        return selling_charts.spark(values, label)

    def _both(self, label: str, spec: Callable[[int], Spec | None]) -> Markup:
        said = say(label, self._writer.language)
        return Markup(
            '<div class="wide">{}</div><div class="narrow" aria-hidden="true">{}</div>'
        ).format(drawn(spec(WIDE), said), drawn(spec(NARROW), said))


def _say(language: str, key: str, **values: object) -> str:
    return say(key, language, **values)
