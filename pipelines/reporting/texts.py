"""Every word of the report, in Chinese and English, in one table.

Add here: a text that a reader sees, in both languages; `{name}` marks what is filled in.
Keep out: numbers' formats (`numbers.py`), layout, and sentences of alerts (they come with them).
"""

from __future__ import annotations

from pipelines.reporting.selling_texts import SELLING_TEXTS
from pipelines.reporting.trust_texts import TRUST_TEXTS

LANGUAGES = ("zh", "en")

# key: (Chinese, English)
# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    **SELLING_TEXTS,
    **TRUST_TEXTS,
    "title": ("销售进度与风险周报", "Weekly sales progress and risk report"),
    "html_lang": ("zh-CN", "en"),
    "data_until": ("数据截至 {day}", "Data up to {day}"),
    "week_of": ("本周：{span}", "Week: {span}"),
    "no_data": ("没有数据", "No data"),
    "colon": ("：", ": "),
    "list": ("、", ", "),
    "comma": ("，", ", "),
    "semicolon": ("；", "; "),
    "stop": ("。", "."),
    # Levels
    "level.normal": ("正常", "Normal"),
    "level.warning": ("警戒", "Warning"),
    "level.danger": ("危险", "Danger"),
    "level.met": ("已达成", "Met"),
    "level.too_few": ("样本不足", "Too few"),
    "level.too_early": ("期初不评", "Too early"),
    "level.no_target": ("没有目标", "No target"),
    "level.untrusted": ("数据存疑", "Untrusted"),
    "level.none": ("未评级", "No level"),
    # Headline
    "head.period.month": ("本月", "Month"),
    "head.period.quarter": ("本季度", "Quarter"),
    "head.period.year": ("本年度", "Year"),
    "head.elapsed": ("{period}已过 {share}", "{period} {share} gone"),
    "head.attained": ("完成 {share}", "{share} attained"),
    "head.expected": ("（应完成 {share}）", " ({share} expected)"),
    "head.projected": ("预计完成 {share}", "projected to end at {share}"),
    "head.miss": ("落空概率 {chance}", "{chance} chance of a miss"),
    "head.no_target": (
        "{period}公司没有设定目标，目前完成 {amount}",
        "No company target for the {period}; {amount} so far",
    ),
    "head.met": ("{period}目标已经完成（{share}）", "{period} target already met ({share})"),
    "head.nothing": ("还没有目标和业绩数据", "No targets and no revenue yet"),
    "head.alerts": (
        "需要处理的预警 {open} 条：危险 {danger}、警戒 {warning}",
        "{open} open alerts: {danger} danger, {warning} warning",
    ),
    "head.no_alerts": ("没有需要处理的预警", "No alerts need action"),
    "head.untrusted": (
        "以下数据未按时更新或未通过检查，相关数字仅供参考：{entities}",
        "These feeds are late or failed; treat figures built on them with care: {entities}",
    ),
    "head.stale_marts": (
        "报表数据只更新到 {day}",
        "The marts hold data up to {day} only",
    ),
    # Tiles
    "tile.actual_of_target": ("{actual} / 目标 {target}", "{actual} of {target}"),
    "tile.original_target": ("原目标 {target}", "original target {target}"),
    "tile.expected": ("应完成 {share}", "{share} expected"),
    "tile.projected": ("预计 {share}", "projected {share}"),
    "tile.miss": ("落空概率 {chance}", "chance of a miss {chance}"),
    "tile.needed": (
        "今后每个工作日需 {needed}（至今平均 {average}）",
        "{needed} needed per workday (average so far {average})",
    ),
    "tile.beyond": ("高于历史最好的 {best}", "above the best ever, {best}"),
    "tile.workdays": ("第 {done} / {total} 个工作日", "workday {done} of {total}"),
    "tile.no_target": ("没有目标", "No target"),
    # Alerts
    "alerts.title": ("本周需要处理的预警", "Alerts needing action this week"),
    "alerts.no_data": ("没有预警数据。", "No alert data."),
    "alerts.none": ("没有预警。", "No alerts."),
    "alerts.order": (
        "按级别排序，同级按「涉及金额 × 概率」从高到低。",
        "Ordered by level, then by amount at risk × probability.",
    ),
    "alerts.more": (
        "其余 {count} 条列在下表；全部见 weekly.xlsx。",
        "The other {count} are listed below; all are in weekly.xlsx.",
    ),
    "alerts.rest": (
        "还有 {count} 条较轻的预警，见 weekly.xlsx。",
        "{count} lesser alerts are in weekly.xlsx.",
    ),
    "alerts.since": ("{day}起，第 {days}", "since {day}, {days}"),
    "alerts.amount": ("涉及金额", "At risk"),
    "alerts.probability": ("概率 {chance}", "probability {chance}"),
    "alerts.owner": ("负责人", "Owner"),
    "alerts.no_owner": ("未指派", "Nobody yet"),
    "alerts.action": ("建议", "Do"),
    "alerts.response": ("进展", "Response"),
    "alerts.no_response": ("尚未回应", "None yet"),
    "alerts.drivers": ("主要原因", "Drivers"),
    "alerts.deals": ("相关商机", "Deals behind it"),
    "alerts.accounts": ("相关客户", "Customers behind it"),
    "alerts.worth": ("近 12 个月 {amount}", "{amount} in 12 months"),
    "alerts.unheard": ("{days} 天未回应也未下单", "no answer or order for {days} days"),
    "alerts.never_heard": ("从未回应或下单", "never answered or ordered"),
    "alerts.idle": ("{days} 个工作日未跟进", "no contact for {days} workdays"),
    "alerts.closes": ("预计{day}成交", "expected to close {day}"),
    "alerts.record": ("规则过往", "Rule's record"),
    "alerts.driver": ("{label}（占缺口 {share}）", "{label} ({share} of the gap)"),
    "respond.seen": ("{person} 已看到（{day}）", "Seen by {person} ({day})"),
    "respond.ack": ("{person} 已认领（{day}）", "Taken by {person} ({day})"),
    "respond.assign": ("{person} 已指派（{day}）", "Assigned by {person} ({day})"),
    "respond.plan": ("{person} 已有计划（{day}）", "Planned by {person} ({day})"),
    "respond.resolve": ("{person} 已处理（{day}）", "Resolved by {person} ({day})"),
    "respond.snooze": ("{person} 已暂缓（{day}）", "Snoozed by {person} ({day})"),
    "respond.comment": ("{person} 有说明（{day}）", "Comment by {person} ({day})"),
    "respond.other": ("{person}：{action}（{day}）", "{person}: {action} ({day})"),
    # What to do, by metric
    "do.target_attainment": (
        "对照缺口最大的团队和商机，定出追回办法与期限",
        "Go through the teams and deals with the largest gap; agree how and by when to recover",
    ),
    "do.revenue": (
        "查清下降来自哪些客户和产品线，逐项安排补救",
        "Find which customers and product lines fell, and assign each a remedy",
    ),
    "do.orders": ("核对未成单的报价，催办可在本周签约的订单", "Chase quotes that can be signed this week"),
    "do.new_accounts": (
        "检查线索来源和首次拜访量，本周补足新客户拜访",
        "Check lead sources and first visits; make up the missing visits this week",
    ),
    "do.opportunities_created": ("安排开拓活动，补足新增商机", "Schedule prospecting to refill new deals"),
    "do.win_rate": (
        "复盘最近输单的原因，调整报价与方案",
        "Review recent losses; adjust pricing and proposals",
    ),
    "do.stage_conversion": (
        "逐单检查该阶段的在手商机，找出卡点并派人协助",
        "Review every open deal in this stage, find the blockage and send help",
    ),
    "do.sales_cycle_days": ("找出拖长的审批或决策环节，逐单推进", "Find the slow approvals and push deal by deal"),
    "do.days_in_stage": ("逐单确认下一步和日期，推进或关闭", "Agree the next step and date, or close the deal"),
    "do.activities": ("与本人沟通工作安排，恢复跟进频次", "Talk with the person and restore the follow-up rhythm"),
    "do.stalled_share": (
        "本周内联系停滞商机的客户，无进展的关闭或改期",
        "Contact stalled deals this week; close or re-date those without progress",
    ),
    "do.silent_accounts": ("按金额从高到低回访沉默客户", "Call silent customers, largest first"),
    "do.churn_rate": ("主管亲自回访高额流失客户，确认原因", "Managers call the large lost customers and find out why"),
    "do.late_order_share": (
        "与交付部门确认新交期，并主动告知客户",
        "Agree new dates with delivery and tell the customers first",
    ),
    "do.pipeline_coverage": ("补充商机，优先可在本期成交的", "Add pipeline, first what can close this period"),
    "do.slippage_share": ("逐单核实预计成交日期，确认客户决策时间", "Verify close dates with the customers' own timing"),
    "do.other": ("查明原因，定出负责人和期限", "Find the cause; name an owner and a date"),
    # Changes
    "changes.title": ("与上周相比", "Since last week"),
    "changes.none": ("本周预警没有变化。", "No alert changed this week."),
    "changes.new": ("新增", "New"),
    "changes.raised": ("升级为危险", "Raised to danger"),
    "changes.recovered": ("已恢复", "Recovered"),
    "changes.closed": ("已关闭", "Closed"),
    "changes.count": ("{count} 条", "{count}"),
    "changes.after": ("历时 {days}", "after {days}"),
    "changes.more": ("另有 {count} 条", "and {count} more"),
    # Months and pace
    "months.title": ("公司业绩与目标", "Company against target"),
    "months.by_month": ("逐月完成情况（{unit}）", "By month ({unit})"),
    "months.alt": ("逐月业绩与目标对比图", "Chart of revenue against target by month"),
    "months.none": ("没有逐月目标数据。", "No monthly data."),
    "pace.title": ("本季度累计进度（{unit}）", "This quarter, cumulative ({unit})"),
    "pace.alt": ("本季度累计业绩与应完成进度对比图", "Chart of cumulative revenue against the expected curve"),
    "pace.none": ("没有本季度进度数据。", "No data for this quarter."),
    "key.actual": ("实际", "Actual"),
    "key.target": ("目标", "Target"),
    "key.projected": ("预计", "Projected"),
    "key.expected": ("应完成", "Expected"),
    "key.today": ("今天", "today"),
    # Tables of scopes
    "scopes.region": ("区域", "Regions"),
    "scopes.team": ("团队", "Teams"),
    "scopes.rep": ("销售代表", "Reps"),
    "scopes.product_line": ("产品线", "Product lines"),
    "scopes.title": ("各级进度", "Progress by region, team and rep"),
    "scopes.order": ("最需要关注的排在最前。金额单位：{unit}。", "Worst first. Amounts in {unit}."),
    "scopes.none": ("没有目标。", "No targets."),
    "scopes.month": ("按月目标", "monthly target"),
    "scopes.year": ("按年目标", "yearly target"),
    "scopes.beyond": ("超历史最好", "above best ever"),
    "scopes.without": ("没有目标的销售代表", "Reps without a target"),
    "scopes.more": ("其余 {count} 行见 weekly.xlsx。", "{count} more rows in weekly.xlsx."),
    "col.name": ("名称", "Name"),
    "col.team": ("所属", "Belongs to"),
    "col.level": ("级别", "Level"),
    "col.period": ("周期", "Period"),
    "col.target": ("目标", "Target"),
    "col.original_target": ("原目标", "Original target"),
    "col.actual": ("已完成", "Actual"),
    "col.attainment": ("完成率", "Attained"),
    "col.expected": ("应完成", "Expected"),
    "col.expected_amount": ("应完成金额", "Expected amount"),
    "col.projected": ("预计", "Projected"),
    "col.miss": ("落空概率", "Miss chance"),
    "col.gap": ("差额", "Gap"),
    "col.needed": ("每工作日需", "Needed per workday"),
    "col.pace": ("进度比", "Pace"),
    # Agenda
    "agenda.title": ("周会议程", "Meeting agenda"),
    "agenda.note": ("共约 {minutes} 分钟。每项当场定：谁、做什么、何时完成。", "About {minutes} minutes. Settle for each: who, what, by when."),
    "agenda.minutes": ("{minutes} 分钟", "{minutes} min"),
    "agenda.decision": ("决定", "Decision"),
    "agenda.who": ("负责人", "Who"),
    "agenda.due": ("期限", "By"),
    "agenda.progress": ("业绩进度", "Progress"),
    "agenda.danger": ("危险预警", "Danger alerts"),
    "agenda.warning": ("警戒预警", "Warnings"),
    "agenda.stage": ("最弱环节", "Weakest stage"),
    "agenda.customers": ("客户与交付", "Customers and delivery"),
    "agenda.unanswered": ("尚未回应的预警", "Alerts without an answer"),
    "agenda.recovered": ("好转与经验", "Recovered, and what worked"),
    "agenda.data": ("数据问题", "Data problems"),
    "agenda.target": (
        "{name}：完成 {share}（应完成 {expected}），每个工作日需 {needed}",
        "{name}: {share} attained ({expected} expected), {needed} needed per workday",
    ),
    "agenda.customer_line": ("{name}：{state}，涉及 {amount}", "{name}: {state}, {amount} at stake"),
    "agenda.order_line": ("订单 {order}（{name}）：延迟 {days}，{amount}", "Order {order} ({name}): {days} late, {amount}"),
    "agenda.unanswered_line": ("{count} 条预警无人回应，最早始于 {day}", "{count} alerts unanswered, the oldest since {day}"),
    "agenda.nothing": ("没有需要讨论的事项。", "Nothing to discuss."),
}
# fmt: on


def say(key: str, language: str, **values: object) -> str:
    """The text of a key in a language, filled in. Raises KeyError for a key not in the table."""
    text = TEXTS[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text


def say_or(key: str, language: str, otherwise: str) -> str:
    """The text of a key made from data (a state, a metric), or the data's own word."""
    return say(key, language) if key in TEXTS else otherwise
