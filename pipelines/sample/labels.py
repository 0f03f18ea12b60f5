"""Labels of planted risks: what labels.json says about each.

Add here: how a kind of risk is described. Keep out: when and where it is planted (`planting.py`).
"""

from __future__ import annotations

import numpy as np

from pipelines.sample.organisation import Organisation
from pipelines.sample.planting import PLANTED
from pipelines.sample.risks import PAIR, Risk

_WORDS: dict[str, tuple[str, str]] = {
    "conversion_drop": (
        "{name}在“{stage}”阶段的转化率大幅下降",
        "{name}: conversion out of {stage} falls by half",
    ),
    "opportunity_drought": (
        "{name}新增商机骤减，商机来源枯竭",
        "{name}: far fewer new opportunities",
    ),
    "late_orders": ("{name}订单大面积延期交付", "{name}: about half of the orders delivered late"),
    "customer_silence": (
        "{name}的{count}家大客户停止下单、不再回应",
        "{name}: {count} big customers fall silent and stop ordering",
    ),
    "stalled_pipeline": (
        "{name}商机推进停滞，跟进明显减少",
        "{name}: opportunities hardly move, follow-up falls",
    ),
    "follow_up_stop": ("{name}几乎停止跟进客户", "{name} hardly follows up any more"),
    "win_rate_fall": ("{name}后期成交率明显下滑", "{name}: win rate of late stages falls"),
    "target_miss": (
        "{name}本季度业绩远低于目标",
        "{name} ends the quarter far below its target",
    ),
    "cycle_growth": ("{name}销售周期不断拉长", "{name}: the sales cycle grows longer and longer"),
    "new_accounts_dip": ("{name}新增客户数持续走低", "{name}: far fewer new customers are won"),
    "concentration": (
        "{name}业绩过度依赖一笔{amount:.0f}万元的大单",
        "{name} depends on a single deal of {amount:.0f}0,000 yuan",
    ),
}


def label(company: Organisation, risk: Risk) -> dict[str, object]:
    """The label of a risk, as it stands in labels.json.

    `kind` is a kind that alert rules say they detect; `expected_rules` names shipped rules of which
    at least one ought to fire.
    """
    scope_id, name = _identify(company, risk)
    chinese, english = _WORDS[risk.kind]
    facts = {
        "name": name,
        "stage": company.words.stages[risk.stage - 1],
        "count": len(risk.accounts),
        "amount": risk.amount / 10_000,
    }
    expected = next(
        kind.expected
        for kind in PLANTED[company.axis.world.planted]
        if kind.name == risk.kind and kind.scope_type == risk.scope_type
    )
    result: dict[str, object] = {
        "kind": risk.kind,
        "scope_type": "product_line" if risk.scope_type == "pair" else risk.scope_type,
        "scope_id": scope_id,
        "scope_name": name,
        "first_day": risk.first_day.isoformat(),
        "last_day": risk.last_day.isoformat(),
        "severity": risk.severity,
        "description_zh": chinese.format(**facts),
        "description_en": english.format(**facts),
        "expected_rules": list(expected),
    }
    if risk.scope_type == "pair":
        result["region"] = company.words.regions[risk.scope % PAIR]
    if risk.stage:
        result["stage"] = company.words.stages[risk.stage - 1]
    if risk.accounts:
        result["account_ids"] = [f"C{account + 1:06d}" for account in risk.accounts]
    if risk.deal >= 0:
        result["opportunity_id"] = f"OPP{risk.deal + 1:07d}"
    return result


def _identify(company: Organisation, risk: Risk) -> tuple[str, str]:
    if risk.scope_type == "team":
        return company.team_id(risk.scope), company.team_name(risk.scope)
    if risk.scope_type == "region":
        return company.words.regions[risk.scope], company.words.regions[risk.scope]
    if risk.scope_type == "product_line":
        line = company.words.product_lines[risk.scope]
        return line, line
    if risk.scope_type == "pair":
        line = company.words.product_lines[risk.scope // PAIR]
        return line, f"{company.words.regions[risk.scope % PAIR]} {line}"
    if risk.scope_type == "company":
        return "company", company.words.company
    month = int(company.axis.month_of(np.array([risk.begin]))[0])
    person = int(company.owner[risk.scope, month])
    return company.rep_id(person), company.rep_name(person)
