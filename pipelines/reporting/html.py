"""The weekly report as one self-contained HTML page: figures in, text out.

Add here: what the template needs to be told. Keep out: figures, sentences and numbers' formats
(their modules), and the page's layout (`templates/weekly.html.j2`).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.configuration.company import Company
from pipelines.fiscal_calendar import week_start
from pipelines.language.figures import DASH, Writer
from pipelines.reporting import alert_words, charts, selling_charts, story
from pipelines.reporting.agenda import agenda
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.records import LEVELS, OTHER_LEVELS, SHAPES
from pipelines.reporting.texts import say, say_or

TEMPLATES = Path(__file__).parent / "templates"

# How much a page carries before it points to the workbook.
TOP_ALERTS, OTHER_ALERTS, TABLE_ROWS, LIST_ROWS, SYMPTOMS = 8, 20, 40, 12, 3
WIDE, NARROW = 500, 350


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


def template_environment(folder: Path = TEMPLATES) -> Environment:
    """How templates for people are read: values are escaped, what is not given is a fault."""
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
    """Charts of the report, each in a wide and a narrow form."""

    def __init__(self, figures: ReportFigures, writer: Writer) -> None:
        self._figures, self._writer = figures, writer

    def months(self) -> Markup:
        months, as_of = self._figures.progress.months, self._figures.as_of
        return _both(lambda width: charts.months_chart(months, as_of, self._writer, width))

    def pace(self) -> Markup:
        progress, as_of = self._figures.progress, self._figures.as_of
        quarter = progress.company["quarter"]
        return _both(
            lambda width: charts.pace_chart(progress.pace, quarter, as_of, self._writer, width)
        )

    def funnel(self) -> Markup:
        return _both(
            lambda width: selling_charts.funnel_chart(self._figures.funnel, self._writer, width)
        )

    def bridge(self) -> Markup:
        bridge = self._figures.pipeline.bridge
        assert bridge is not None
        return _both(lambda width: selling_charts.bridge_chart(bridge, self._writer, width))

    def spark(self, values: tuple[float | None, ...], label: str) -> Markup:
        return selling_charts.sparkline(values, label)


def _both(draw: charts.Draw) -> Markup:
    return Markup(
        '<div class="wide">{}</div><div class="narrow" aria-hidden="true">{}</div>'
    ).format(draw(WIDE), draw(NARROW))


def _say(language: str, key: str, **values: object) -> str:
    return say(key, language, **values)
