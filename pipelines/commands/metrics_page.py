"""docs/metrics.md, written from what the dbt project says about its metrics.

Add here: how the page is laid out. Keep out: what a metric means. That stands in the yml beside
its model (`models/intermediate/metrics/int_metric__<name>.yml`), and the page repeats it.

The page names no file of a run, so the same project gives the same bytes.
Write it anew with `python -m pipelines.commands.metrics_page MANIFEST docs/metrics.md`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import text as words
from pipelines.metrics.definitions import PREFIX, REQUIRED, fault_of

FIELDS = ("label_zh", "label_en", "kind", "unit", "better", "numerator", "denominator", "tip")
KINDS = {
    "count": "count of a flow",
    "amount": "amount of a flow",
    "share": "share, 0 to 1",
    "level": "as it stood at the end of the period",
    "level_by_week": "as it stood at the end, against the same week of earlier quarters",
    "median": "median of single cases",
}

_HEAD = """\
# Metrics

Every figure of `marts.fct_metrics`, one section per value of its column `metric`. This page is
generated from the dbt project: to change a definition, change the model and the yml beside it; to
add a metric, add one file `int_metric__<name>.sql` (and its yml) to
`dbt_project/models/intermediate/metrics/`.

Common to all:

- Values of finished periods tell what had happened by their end, from the records that exist tonight: what is
  corrected later (an amount, a closing date, a customer merged, a deal deleted or excluded) is corrected for past
  periods too. What happens later (a win that is reopened, an order that is returned) is not. What was published on
  a past day is rebuilt with `--as-of`. A running period is closed at the as-of day.
- A win that is reopened leaves the period in which that happens; a period that had ended keeps it.
  `fct_target_completion`, which tells what stands tonight, no longer counts it anywhere.
- Owner, team and region are those of the day of the event, never today's.
- A share without a denominator is null, never 0 or 1. `sample_size` says how many cases it rests on.
- `scope_type` company, region, team, rep, product_line: never add rows of two scope types.
- To get a share over several rows, divide the sums of numerator and denominator.
- Stages of two pipelines (column `pipeline` of stages.csv) are never compared: a deal counts in the
  one of its last open stage, and a move from one into another is neither forward nor back.
- `baseline`, `expected_low` and `expected_high` say what was to be expected; compare complete periods.
"""


@dataclass(frozen=True)
class MetricText:
    """What the project says about one metric. `dimension`: what its column `dimension` holds, if a row
    stands for a part of the figure (a stage).
    """

    name: str
    definition: str
    label_zh: str
    label_en: str
    kind: str
    unit: str
    better: str
    numerator: str
    denominator: str
    tip: str
    dimension: str = ""

    @property
    def heading_en(self) -> str:
        """The English name at the beginning of a line."""
        return self.label_en[:1].upper() + self.label_en[1:]


def metric_texts(manifest: dict[str, Any]) -> list[MetricText]:
    """The metrics of a dbt manifest, by name.

    Raises `PermanentFailure` naming every metric model whose yml lacks a description or one of
    `config.meta.metric`'s fields: a figure that nobody has defined must not be published.
    """
    texts, gaps = [], []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or not node["name"].startswith(PREFIX):
            continue
        name = node["name"].removeprefix(PREFIX)
        told = node.get("config", {}).get("meta", {}).get("metric", {})
        definition = " ".join(node.get("description", "").split())
        missing = [field for field in REQUIRED if not str(told.get(field, "")).strip()]
        if not definition:
            missing.insert(0, "description")
        if missing or fault_of(told):
            gaps.append(f"{name} ({', '.join(missing) or fault_of(told)})")
            continue
        texts.append(
            MetricText(
                name,
                definition,
                **{field: str(told[field]).strip() for field in FIELDS},
                dimension=str(told.get("dimension", "")),
            )
        )
    if gaps:
        raise PermanentFailure(
            tried=words("command.docs.page"),
            where="dbt_project/models/intermediate/metrics",
            cause="no definition for " + "; ".join(sorted(gaps)),
            next_step=words("command.docs.add_fields", prefix=PREFIX),
        )
    return sorted(texts, key=lambda text: text.name)


def _unit(text: MetricText) -> str:
    kind = KINDS.get(text.kind, text.kind)
    return kind if text.unit == text.kind else f"{text.unit}, {kind}"


def render_metrics_page(manifest: dict[str, Any]) -> str:
    """docs/metrics.md as Markdown, ending in a newline. Raises as `metric_texts` does."""
    texts = metric_texts(manifest)
    lines = [_HEAD, "| metric | 中文 | English | kind | good when |", "|---|---|---|---|---|"]
    lines += [
        f"| [`{text.name}`](#{text.name}) | {text.label_zh} | {text.heading_en} "
        f"| {KINDS.get(text.kind, text.kind)} | {'higher' if text.better == 'up' else 'lower'} |"
        for text in texts
    ]
    for text in texts:
        lines += [
            "",
            f"## {text.name}",
            "",
            f"**{text.label_zh} / {text.heading_en}.** {text.definition}",
            "",
            f"- numerator: {text.numerator}",
            f"- denominator: {text.denominator}",
            f"- unit: {_unit(text)}",
            f"- use: {text.tip}",
        ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page: MANIFEST (a dbt manifest.json) and the file to write."""
    manifest, page = (Path(argument) for argument in arguments)
    page.write_text(
        render_metrics_page(json.loads(manifest.read_text(encoding="utf-8"))), encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
