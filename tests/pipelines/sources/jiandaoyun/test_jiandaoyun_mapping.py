"""Forms and widgets found by id, alias and caption; what is missing, doubled or changed is told."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jiandaoyun_tenant import NOW, ONLY_DEALS, Tenant, extract_of
from simulators.jiandaoyun import Form
from simulators.jiandaoyun_company import APP, FORMS

from pipelines.configuration.problems import ConfigurationError
from pipelines.failures import PermanentFailure
from pipelines.sources.jiandaoyun import cells
from pipelines.sources.jiandaoyun.directory import team_records, user_records
from pipelines.sources.jiandaoyun.mapping import plain
from pipelines.sources.jiandaoyun.options import Options
from pipelines.sources.jiandaoyun.periods import period_of
from pipelines.sources.protocol import in_both

SHANGHAI = ZoneInfo("Asia/Shanghai")


def widget(number: int, label: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    name = f"_widget_17{number:011}"
    return {"name": name, "widgetName": name, "label": label, "type": kind, **more}


@pytest.mark.parametrize(
    ("left", "right"),
    [("预计金额（元）", "预计金额"), ("ＡＢＣ 金额", "ABC金额"), (" 销售 阶段[必填]", "销售阶段")],
)
def test_captions_are_compared_without_width_blanks_and_brackets(left: str, right: str) -> None:
    assert plain(left) == plain(right)


def test_a_caption_that_two_widgets_bear_is_an_error_that_names_both(deals: Tenant) -> None:
    form = deals.simulator.form_named("商机")
    form.widgets.append(widget(1, "阶段说明"))
    form.widgets.append(widget(2, "阶段说明"))
    with pytest.raises(PermanentFailure, match=r"_widget_17\d+1.*_widget_17\d+2"):
        deals.load(forms={"opportunities": {"columns": {"stage": "label:阶段说明"}}})
    # Of a column that is optional and not configured it is only a remark.
    form.widgets += [widget(3, "预计结单日期", "datetime"), widget(4, "结单日期", "datetime")]
    form.widgets += [widget(5, "产品线")]
    report = deals.load()
    extract = extract_of(report, "opportunities")
    assert "product_line" in str(extract.message)
    assert "表单中没有对应字段的列：" in str(in_both(extract.message, extract.message_zh)[1])
    assert "product_line" in str(in_both(extract.message, extract.message_zh)[1])


def test_a_required_column_without_a_widget_stops_before_any_record_is_read(deals: Tenant) -> None:
    deals.deal(1)
    deals.simulator.set_alias("商机", "销售阶段", None)
    deals.simulator.relabel("商机", "销售阶段", "进度")
    with pytest.raises(PermanentFailure, match="stage: no widget fits") as failure:
        deals.load()
    assert "options.forms.opportunities.columns" in str(failure.value)
    assert deals.simulator.asked("data/list") == []
    finding = next(f for f in deals.connector().check() if f.subject == "opportunities")
    assert not finding.ok
    deals.load(forms={"opportunities": {"columns": {"stage": "label:进度"}}})


def test_an_alias_set_overnight_changes_the_keys_and_nothing_else(deals: Tenant) -> None:
    key = deals.deal(1, NOW - dt.timedelta(days=40))
    deals.load()
    deals.simulator.set_alias("商机", "预计金额（元）", "expected_amount")
    deals.simulator.set_alias("商机", "负责人", None)
    deals.simulator.advance(86_400)
    deals.simulator.edit("商机", key, {"预计金额（元）": 7})
    extract = extract_of(deals.load(), "opportunities")
    assert not extract.full
    row = deals.latest("opportunities", "opportunity_id")[key]
    assert (float(row["amount"]), row["owner_id"]) == (7.0, "u_lin")


def test_new_renamed_gone_and_retyped_widgets_are_told(deals: Tenant) -> None:
    form = deals.simulator.form_named("商机")
    form.widgets.append(widget(1, "竞争对手"))
    assert extract_of(deals.load(), "opportunities").message is None
    form.widgets[-1] = widget(2, "客户痛点")
    deals.simulator.relabel("商机", "币种", "货币")
    form.widget("输单原因")["type"] = "checkboxgroup"
    deals.simulator.advance(86_400)
    extract = extract_of(deals.load(), "opportunities")
    message, message_zh = str(extract.message), str(in_both(extract.message, extract.message_zh)[1])
    assert "new fields that are not read: 客户痛点" in message
    assert "fields that are gone: 竞争对手" in message
    assert "币种 is now 货币" in message
    assert "输单原因 from combo to checkboxgroup" in message
    assert "新增但未读取的字段：客户痛点（_widget_" in message_zh
    assert "已不存在的字段：竞争对手（_widget_" in message_zh
    assert "标题有变的字段：币种 现为 货币（_widget_" in message_zh
    assert "类型有变的字段：输单原因 由 combo 变为 checkboxgroup（_widget_" in message_zh


def test_a_form_that_vanished_or_is_configured_and_missing_is_an_error(deals: Tenant) -> None:
    deals.load()
    form = deals.simulator.forms.pop("020100500000000000000001")
    deals.simulator.advance(86_400)
    with pytest.raises(PermanentFailure, match="read before is gone"):
        deals.load()
    with pytest.raises(PermanentFailure, match="there is no form 机会"):
        deals.load(forms={"opportunities": {"name": "机会"}})
    deals.simulator.forms["x"] = Form("机会", APP, "x", form.widgets)
    deals.load(forms={"opportunities": {"name": "机会"}})
    deals.simulator.forms["y"] = Form("机会", APP, "y", form.widgets)
    with pytest.raises(PermanentFailure, match="several forms fit"):
        deals.load(forms={"opportunities": {"name": "机会"}})


def test_an_application_outside_the_keys_scope_is_named(deals: Tenant) -> None:
    deals.simulator.scope.clear()
    with pytest.raises(PermanentFailure, match="密钥管理"):
        deals.load()
    findings = deals.connector().check()
    assert [item.ok for item in findings if item.subject == "opportunities"] == [False]


def test_check_says_what_is_read_and_what_is_missing(filled: Tenant) -> None:
    findings = {str(item.subject): item for item in filled.connector().check()}
    assert all(item.ok for item in findings.values())
    assert "stage = 销售阶段" in str(findings["opportunities"].text)
    del filled.simulator.forms[FORMS["orders"][0]]
    findings = {str(item.subject): item for item in filled.connector().check()}
    assert "options.forms.orders" in str(findings["orders"].next_step)


def test_a_sub_form_gives_the_product_line(deals: Tenant) -> None:
    form = deals.simulator.form_named("商机")
    inner = widget(2, "产品名")
    form.widgets.append(widget(1, "产品明细", "subform", items=[inner]))
    lines = [
        {"_id": "65e1a0000000000000000d02", inner["widgetName"]: ""},
        {"_id": "65e1a0000000000000000d03", inner["widgetName"]: "传感器"},
    ]
    key = deals.deal(1, 产品明细=lines)
    empty = deals.deal(2, 产品明细=[])
    deals.load(forms={"opportunities": {"columns": {"product_line": "label:产品明细/产品名"}}})
    rows = deals.latest("opportunities", "opportunity_id")
    assert (rows[key]["product_line"], rows[empty]["product_line"]) == ("传感器", None)


def test_a_year_of_targets_in_twelve_columns(deals: Tenant) -> None:
    months = [widget(number, f"{number}月", "number") for number in range(1, 13)]
    form = Form("业绩目标", APP, "t", [widget(20, "年度"), widget(21, "员工", "user"), *months])
    deals.simulator.forms = {"t": form}
    amounts = {f"{number}月": number for number in (1, 2, 12)}
    person = deals.simulator.people["u_lin"]
    key = deals.simulator.create("业绩目标", {"年度": "2026年", "员工": person, **amounts})
    deals.forms = {**ONLY_DEALS, "opportunities": False}
    report = deals.load(
        forms={"targets": {"units": {f"month_{n:02}": "万元" for n in range(1, 13)}}}
    )
    rows = {row["target_id"]: row for row in deals.rows("targets")}
    assert set(rows) == {f"{key}/01", f"{key}/02", f"{key}/12"}
    row = rows[f"{key}/12"]
    assert (row["period"], row["scope_type"], row["scope_id"]) == ("2026-12", "rep", "u_lin")
    assert (float(row["target_amount"]), row["metric"]) == (120_000.0, "revenue")
    assert extract_of(report, "targets").source_rows == 3


@pytest.mark.parametrize(
    ("given", "period"),
    [
        ("2026-05", "2026-05"),
        ("2026年5月", "2026-05"),
        ("2026/05", "2026-05"),
        ("2026-05-01", "2026-05"),
        ("2026年第2季度", "2026-Q2"),
        ("2026年二季度", "2026-Q2"),
        ("2026Q3", "2026-Q3"),
        ("2026-Q4", "2026-Q4"),
        ("2026年度", "2026"),
        ("2026", "2026"),
        # A date widget with the first of May: 16:00 UTC on the day before.
        ("2026-04-30T16:00:00.000Z", "2026-05"),
        ("下个月", "下个月"),
        (None, None),
    ],
)
def test_periods_in_the_words_of_forms(given: Any, period: Any) -> None:
    assert period_of(given, SHANGHAI) == period


@pytest.mark.parametrize(
    ("read", "given", "found"),
    [
        (cells.text, "  ", None),
        (cells.text, {"name": "方案报价"}, "方案报价"),
        (cells.text, ["a", "", "b"], "a、b"),
        (cells.text, {"phone": "13800000000", "verified": True}, "13800000000"),
        (cells.text, [], None),
        (cells.text, {}, None),
        (cells.user, {"username": "u_lin", "name": "林某"}, "u_lin"),
        (cells.user, [{"username": "u_lin"}], "u_lin"),
        (cells.user, "林某", "林某"),
        (cells.reference_id, {"name": "x", "id": 5}, "5"),
        (cells.reference_id, "65e1a0000000000000000d02", "65e1a0000000000000000d02"),
        (cells.reference_id, "示例客户", None),
        (cells.reference_name, "65e1a0000000000000000d02", None),
        (cells.reference_name, {"name": "示例客户"}, "示例客户"),
        (cells.scope, {"dept_no": 12, "name": "华东一部"}, "12"),
        (cells.scope_kind, {"dept_no": 12}, "team"),
        (cells.number(1), "", None),
        (cells.number(1), 0, 0),
        (cells.number(10_000), 12.35, "123500.00"),
        (cells.number(1), True, True),
        (cells.moment(SHANGHAI), "2026-05-01 08:00", "2026-05-01T08:00:00+08:00"),
        (cells.day(SHANGHAI), "2026-02-27T16:00:00.000Z", "2026-02-28"),
        (cells.day(SHANGHAI), "2026-02-27T15:59:59.000Z", "2026-02-27"),
    ],
)
def test_shapes_of_values(read: Any, given: Any, found: Any) -> None:
    assert read(given) == found


def test_regions_teams_and_main_departments() -> None:
    tree = [(1, "总公司", 0), (11, "华东", 1), (12, "一部", 11), (13, "西南", 1), (14, "环", 15)]
    tree += [(15, "环二", 14)]
    departments = [{"dept_no": n, "name": name, "parent_no": up} for n, name, up in tree]
    members = [
        {"username": "a", "name": "A", "departments": [1, 12, 13]},
        {"username": "b", "name": "B", "departments": [1]},
    ]
    options = Options(app_id="x")
    for listed in (departments, departments[1:]):  # with and without the root
        teams = {row["team_name"]: row for row in team_records(listed, members, options)}
        assert {name: row["region"] for name, row in teams.items()} | {"环": 0, "环二": 0} == {
            "华东": "华东", "一部": "华东", "西南": "西南", "环": 0, "环二": 0,
        }  # fmt: skip
        assert [name for name, row in teams.items() if not row["is_team"]][:1] == ["华东"]
        assert teams["一部"]["parent_team_id"] == "11"

    def team(**given: Any) -> Any:
        return user_records(members, Options(app_id="x", **given))[0]["team_id"]

    assert (team(), team(primary_department="last"), team(departments={"a": 14})) == (
        "12",
        "13",
        "14",
    )
    assert user_records(members, options)[1]["team_id"] is None


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"app_id": ""}, "app_id"),
        ({"page_size": 200}, "page_size"),
        ({"timezone": "Asia/Nowhere"}, "timezone"),
        ({"forms": {"deals": {}}}, "forms of accounts"),
        ({"forms": {"orders": {"columns": {"total": "label:x"}}}}, "not total"),
        ({"forms": {"orders": {"columns": {"amount": "订单金额"}}}}, "alias:, label:"),
        ({"forms": {"orders": {"units": {"amount": "块"}}}}, "万元"),
        ({"forms": {"orders": {"units": {"status": "万元"}}}}, "units for numbers"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_options_that_cannot_be_used_are_named(
    tenant: Tenant, options: dict[str, Any], key: str
) -> None:
    with pytest.raises(ConfigurationError, match="jdy.options") as error:
        tenant.connector(**options)
    assert key in str(error.value)
