"""The sentences of the report: headline, weakest stage, changes, what is in doubt.

Add here: a sentence made from figures. Keep out: the words (`texts.py`), numbers' formats
(`pipelines/language/figures.py`), sentences about alerts (`alert_words.py`), the agenda (`agenda.py`), layout.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache

from pipelines.language.figures import MINUS, Writer
from pipelines.metrics import definitions
from pipelines.reporting.customers import AccountAtRisk
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.records import Completion, Funnel, Metric
from pipelines.reporting.texts import say, say_or

# Which feeds a part of the report stands on; a late one puts a mark on the part.
FOUNDATIONS: dict[str, frozenset[str]] = {
    "progress": frozenset({"orders", "targets"}),
    "funnel": frozenset({"opportunities", "stage_history"}),
    "pipeline": frozenset({"opportunities", "stage_history"}),
    "customers": frozenset({"orders", "activities", "accounts"}),
    "orders": frozenset({"orders"}),
}

# The metrics' own yml files say in which table of the report they stand, and where.
RESULT_METRICS = definitions().section("results")
RISK_METRICS = definitions().section("risks")
# Smaller changes are shown, and not called worse.
NOTABLE_POINTS, NOTABLE_CHANGE = 0.02, 0.05
# The first screen names so many people; the data finding has them all.
MOST_NAMES = 5


def headline(figures: ReportFigures, writer: Writer) -> str:
    """One sentence: how much of the period is gone, attained, due, projected, and the risk."""
    language = writer.language
    main = figures.progress.main
    if main is None:
        return say("head.nothing", language)
    period = say(f"head.period.{main.period_type}", language)
    if not main.target:
        return say("head.no_target", language, period=period, amount=writer.money_full(main.actual))
    if main.attainment is not None and main.attainment >= 1:
        return say("head.met", language, period=period, share=writer.percent(main.attainment))
    parts = []
    if main.elapsed_share is not None:
        share = writer.percent(main.elapsed_share)
        parts.append(say("head.elapsed", language, period=period, share=share))
    if main.attainment is not None:
        share = writer.percent(main.attainment)
        if main.expected_share is None:
            parts.append(say("head.attained", language, share=share))
        else:
            due = writer.percent(main.expected_share)
            parts.append(say("head.attained_of_due", language, share=share, due=due))
    if main.projected_share is not None:
        share = writer.percent(main.projected_share)
        parts.append(say("head.projected", language, share=share))
    if main.miss_probability is not None:
        chance = writer.chance(main.miss_probability)
        parts.append(say("head.miss", language, chance=chance))
    return say("comma", language).join(parts) or say("head.nothing", language)


def alert_line(figures: ReportFigures, writer: Writer) -> str:
    """How many open cases of which level, with how many alerts, and the money that they hold."""
    language, counts = writer.language, figures.alerts.counts
    if not counts.cases:
        key = "alerts.no_data" if "fct_alerts" in figures.missing else "head.no_alerts"
        return say(key, language)
    values = {
        "count": counts.cases,
        "danger": counts.danger,
        "warning": counts.warning,
        "alerts": counts.alerts,
    }
    if counts.money is None:
        return say("head.cases", language, **values)
    return say("head.cases_money", language, **values, money=writer.money_full(counts.money))


def notices(figures: ReportFigures, writer: Writer) -> list[str]:
    """What a reader must know before believing the figures; empty when all is well."""
    language = writer.language
    found = []
    if figures.trust.untrusted:
        entities = say("list", language).join(
            say_or(f"entity.{entity}", language, entity)
            for entity in sorted(figures.trust.untrusted)
        )
        found.append(say("head.untrusted", language, entities=entities))
    marts_as_of = figures.progress.marts_as_of
    if marts_as_of is not None and marts_as_of < figures.as_of:
        found.append(say("head.stale_marts", language, day=writer.full_date(marts_as_of)))
    if figures.progress.suspected.names:
        found.append(_suspected_totals(figures, writer))
    return found


def _suspected_totals(figures: ReportFigures, writer: Writer) -> str:
    """Whose targets may hold others', and by how much the company's may be too high for it."""
    language, suspected, main = writer.language, figures.progress.suspected, figures.progress.main
    names = say("list", language).join(suspected.names[:MOST_NAMES])
    others = len(suspected.names) - MOST_NAMES
    if others > 0:
        names = say("head.names_and_others", language, names=names, others=others)
    if suspected.excess is None or main is None:
        return say("head.suspected", language, names=names)
    period = say(f"head.suspected.{main.period_type}", language)
    amount = writer.money_full(suspected.excess)
    return say("head.suspected_excess", language, names=names, period=period, amount=amount)


def is_doubtful(figures: ReportFigures, part: str) -> bool:
    """True when a feed that the part stands on is late or failed."""
    return bool(FOUNDATIONS[part] & figures.trust.untrusted)


def level_word(level: str | None, language: str) -> str:
    """The level's word; an unknown level has none."""
    return say_or(f"level.{level}", language, say("level.none", language))


def funnel_period(funnel: Funnel, as_of: dt.date, writer: Writer) -> str:
    """Which quarter the funnel shows."""
    if funnel.period_start is None or funnel.period_end is None:
        return ""
    end = min(as_of, funnel.period_end)
    key = "funnel.current" if funnel.is_current else "funnel.previous"
    return say(key, writer.language, span=writer.span(funnel.period_start, end))


def weakest_stage(funnel: Funnel, writer: Writer) -> str:
    """The sentence that names the weakest stage, or says that there is none."""
    language = writer.language
    stage = funnel.lowest
    if stage is None:
        return say("funnel.no_weakest", language)
    if funnel.weakest is None:
        gap = writer.points(stage.gap)
        return say("funnel.no_notable", language, stage=stage.stage, gap=gap)
    reference = "funnel.baseline" if stage.baseline is not None else "funnel.before"
    return say(
        "funnel.weakest",
        language,
        stage=stage.stage,
        rate=writer.percent(stage.conversion),
        reference=say(reference, language),
        gap=say("funnel.lower", language, gap=writer.points(stage.gap).lstrip(MINUS)),
    )


def account_state(account: AccountAtRisk, language: str) -> str:
    """Silent, off its rhythm, or both, in words."""
    return _state(account.churn_state, bool(account.silent), language)


@cache
def _state(churn: str, silent: bool, language: str) -> str:
    """A handful of them stand on the lines of all customers at risk."""
    words = []
    if churn != "active":
        words.append(say_or(f"churn.{churn}", language, churn))
    if silent:
        words.append(say("churn.silent", language))
    return say("list", language).join(dict.fromkeys(words))


def metric_name(metric: str, language: str) -> str:
    """What a metric is called; a figure that no yml defines stands under its own key."""
    defined = definitions().metrics.get(metric)
    return defined.label.heading(language) if defined else metric


def metric_value(metric: str, value: float | None, writer: Writer) -> str:
    """A metric's value with its unit."""
    defined = definitions().metrics.get(metric)
    kind = defined.kind if defined else "ratio"
    ways = {
        "money": writer.money_full,
        "days": writer.days,
        "ratio": writer.ratio,
        "count": writer.count,
        "share": writer.percent,
    }
    # A ratio, but people read how much of a target is done as a part of it.
    return writer.percent(value) if metric == "target_attainment" else ways[kind](value)


def judged_value(metric: str, value: float | None, writer: Writer) -> str:
    """A value as a warning judged it: some counts are judged as a share of the cases they are among."""
    return (
        writer.percent(value) if is_share(metric, [value]) else metric_value(metric, value, writer)
    )


def is_share(metric: str, judged: Sequence[float | None]) -> bool:
    """Whether values of a warning are parts of a whole, whatever the metric itself is counted in."""
    if metric in ("target_attainment", "concentration"):
        return True  # ratios, but read as a part of the target
    defined = definitions().metrics.get(metric)
    if defined is None or not defined.counts_cases:
        return defined is not None and defined.kind == "share"
    known = [value for value in judged if value is not None]
    return bool(known) and max(known) <= 1 and any(0 < value < 1 for value in known)


def metric_change(metric: Metric, reference: float | None, writer: Writer) -> tuple[str, bool]:
    """The change against an earlier value, and whether it is for the worse.

    Shares change in percentage points, everything else relatively; from zero there is no
    relative change, so it is not known.
    """
    if metric.value is None or reference is None:
        return writer.percent(None), False
    difference = metric.value - reference
    defined = definitions().metrics.get(metric.metric)
    lower = defined is not None and defined.bad == "above"
    worse = difference > 0 if lower else difference < 0
    if metric.metric == "target_attainment" or (defined is not None and defined.kind == "share"):
        return writer.points(difference), worse and abs(difference) >= NOTABLE_POINTS
    if reference == 0:
        return writer.percent(None), False
    share = difference / abs(reference)
    return writer.change(share), worse and abs(share) >= NOTABLE_CHANGE


def needed(completion: Completion, writer: Writer) -> str:
    """What each remaining workday must bring, beside the average so far and the best ever."""
    if completion.needed is None:
        return ""
    text = say(
        "tile.needed",
        writer.language,
        needed=writer.money_full(completion.needed),
        average=writer.money(completion.average_per_workday),
    )
    if completion.is_beyond_best:
        best = writer.money(completion.best_finish_per_workday)
        text += say("comma", writer.language) + say("tile.beyond", writer.language, best=best)
    return text
