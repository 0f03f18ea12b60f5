"""The words of the report's last sections: how far the data can be trusted, and definitions.

Add here: a text of those sections, in both languages. Keep out: every other text (`texts.py`, which
takes these in and is where all are looked up).
"""

from __future__ import annotations

# key: (Chinese, English)
# fmt: off
TRUST_TEXTS: dict[str, tuple[str, str]] = {
    # Trust
    "trust.title": ("数据质量与更新", "Data quality and freshness"),
    "trust.none": ("没有数据质量记录。", "No data quality records."),
    "trust.passed": ("最近一次检查共 {count} 项，全部通过。", "All {count} checks of the last audit passed."),
    "trust.failed": ("最近一次检查共 {count} 项，未通过 {failed} 项：", "{failed} of {count} checks failed:"),
    "trust.rows": ("{count} 行", "{count} rows"),
    "trust.missing": ("缺少这些数据表，相关内容空缺：{marts}", "These marts do not exist, so their parts are empty: {marts}"),
    "trust.feeds_ok": ("全部 {count} 路数据按时更新。", "All {count} feeds are up to date."),
    "trust.feeds_late": ("{late} / {count} 路数据未按时更新：", "{late} of {count} feeds are late:"),
    "trust.badge": ("数据存疑", "Untrusted"),
    "col.check": ("检查", "Check"),
    "col.subject": ("对象", "Subject"),
    "col.severity": ("程度", "Severity"),
    "col.failed_rows": ("问题行数", "Failed rows"),
    "col.found": ("发现的问题", "Found"),
    "col.source": ("来源", "Source"),
    "col.entity": ("数据", "Data"),
    "col.loaded": ("最近更新", "Last load"),
    "col.newest": ("最新记录", "Newest record"),
    "col.rows": ("行数", "Rows"),
    "col.rows_previous": ("上次行数", "Rows before"),
    "severity.error": ("错误", "Error"),
    "severity.warning": ("提醒", "Warning"),
    "severity.info": ("说明", "Note"),
    "feed.fresh": ("正常", "Fresh"),
    "feed.late": ("延迟", "Late"),
    "feed.stale": ("过期", "Stale"),
    "feed.empty": ("没有记录", "Empty"),
    "entity.users": ("人员", "people"),
    "entity.teams": ("团队", "teams"),
    "entity.accounts": ("客户", "accounts"),
    "entity.contacts": ("联系人", "contacts"),
    "entity.leads": ("线索", "leads"),
    "entity.opportunities": ("商机", "opportunities"),
    "entity.stage_history": ("阶段变更", "stage history"),
    "entity.activities": ("跟进记录", "activities"),
    "entity.orders": ("订单", "orders"),
    "entity.targets": ("目标", "targets"),
    # Records of the rules
    "rules.title": ("预警规则的过往表现", "How often the rules were right"),
    "rules.note": (
        "以本公司历史为准：目标类规则看期末是否完成不足九成，其余看之后一个季度是否仍偏差。"
        "未列出的 {count} 条规则可核对的预警不足 20 次，平稳时也几乎不误报。",
        "On the company's own past: rules on targets are right if the period ended below 90%, the others"
        " if the figure was still off over the quarter after. The {count} rules not listed have fewer"
        " than 20 alerts that can be checked, and hardly a false alarm to expect.",
    ),
    "rules.rule": ("规则", "Rule"),
    "rules.cases": ("可核对", "Checked"),
    "rules.precision": ("应验比例", "Right"),
    "rules.lead": ("通常提前", "Usual lead"),
    "rules.false": ("平稳时误报（每 100 个团队或个人）", "False alarms expected in 100 quiet scopes"),
    "rules.watch": ("只观察", "watches only"),
    "rules.per.day": ("{often} 次/日", "{often} a day"),
    "rules.per.week": ("{often} 次/周", "{often} a week"),
    "rules.per.month": ("{often} 次/月", "{often} a month"),
    "rules.per.quarter": ("{often} 次/季", "{often} a quarter"),
    # Definitions
    "define.title": ("口径说明", "Definitions"),
    "define.1": ("完成率 = 已完成业绩 ÷ 目标。目标按当日有效的版本；改过目标的另列原目标。", "Attained = revenue ÷ target in force on the day; the original target is shown where it was changed."),
    "define.2": ("应完成 = 按工作日和往期节奏，到今天应达到的比例，不是直线均摊。", "Expected = the share due by today from workdays and past periods, not a straight line."),
    "define.3": ("预计 = 按目前节奏推算的期末完成额。落空概率 = 期末完成不到目标 90% 的概率。", "Projected = end of period at the present pace. Chance of a miss = chance to end below 90% of the target."),
    "define.4": ("转化率 = 本期离开该阶段的商机中，向前推进的占比（推进 ÷（推进 + 输单））。常态 = 过去同类周期的水平。", "Conversion = of the deals that left a stage in the period, the share that moved forward. Baseline = the usual level of past periods."),
    "define.5": ("覆盖倍数 = 本期可成交的在手商机 ÷ 本期尚差的目标。", "Coverage = open pipeline due in the period ÷ what is missing to the target."),
    "define.6": ("停滞 = 超过该阶段期限没有跟进的商机。沉默 = 仍有往来、但很久没有联系的客户。", "Stalled = no follow-up beyond the stage's limit. Silent = a live customer without contact for long."),
    "define.7": ("级别：正常、警戒、危险；样本太少不评级，数据存疑另行标明。「—」表示没有数据。", "Levels: normal, warning, danger; too few cases carry no level, doubtful data is marked. “—” means not known."),
    "currency": ("币种", "Currency"),
    "col.as_of": ("数据截至", "Data up to"),
    "col.kind": ("类别", "Kind"),
    "col.since": ("开始", "Since"),
    "col.closed_on": ("结束", "Closed"),
    "col.probability": ("概率", "Probability"),
    "kind.month": ("月", "Month"),
    "kind.quarter": ("季度", "Quarter"),
    "kind.year": ("年度", "Year"),
    "trust.all_passed": ("全部通过", "All passed"),
    "sheet.summary": ("总览", "Summary"),
    "sheet.targets": ("公司目标", "Targets"),
    "sheet.teams": ("区域与团队", "Teams"),
    "sheet.reps": ("销售代表", "Reps"),
    "sheet.funnel": ("漏斗", "Funnel"),
    "sheet.alerts": ("预警", "Alerts"),
    "sheet.customers": ("客户", "Customers"),
    "sheet.orders": ("延迟订单", "Late orders"),
    "sheet.quality": ("数据质量", "Data quality"),
}
# fmt: on
