import re
from collections.abc import Callable

import pytest
from report_company import fill_people, fill_progress
from report_marts import QUARTER, MartsBuilder, alert, completion
from report_page import Page, figures_of, words

from pipelines.configuration.company import Company
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.html import TOP_ALERTS, render_weekly
from pipelines.reporting.texts import say

Make = Callable[..., MartsBuilder]


def test_the_headline_says_it_in_one_sentence(page: Page, page_en: Page) -> None:
    assert (
        page.words("//h1") == "本季度已过 33%，完成 27%（应完成 31%），预计完成 92%，落空概率 46%"
    )
    assert page_en.words("//h1") == (
        "Quarter 33% gone, 27% attained (31% expected), projected to end at 92%, "
        "46% chance of a miss"
    )


def test_tiles_show_each_period_with_its_level_in_words(page: Page) -> None:
    quarter = page.words("//article[@data-period='quarter']")
    assert "▲警戒" in quarter
    assert "1,134.0 / 目标 4,200.0 万元 原目标 4,000.0" in quarter
    # (42,000,000 - 11,340,000) / 42 workdays left; 11,340,000 / 21 gone
    assert "今后每个工作日需 73.0 万元（至今平均 54.0）" in quarter
    assert "第 21 / 63 个工作日" in quarter
    assert "●正常" in page.words("//article[@data-period='year']")
    assert "今后每个工作日需" not in page.words("//article[@data-period='month']")


def test_every_figure_of_a_row_is_the_marts_own(page: Page) -> None:
    assert page.cells("//table[@data-scope='team']//tr[@data-id='T2']") == {
        "名称": "华东二队",
        "级别": "◆危险",
        "所属": "华东",
        "目标": "1,100.0",  # 11,000,000
        "已完成": "140.0",  # 1,400,000
        "完成率": "13%",  # 1.4 / 11
        "应完成": "31%",
        "预计": "41%",  # 1.4 / 0.31 / 11
        "落空概率": "93%",
        "每工作日需": "22.9",  # 9,600,000 / 42
    }
    assert page.cells("//table[@data-scope='rep']//tr[@data-id='U4']")["每工作日需"] == "—"
    assert "陈静 35.6 万元" in page.section("scopes")


def test_the_same_row_in_english(page_en: Page) -> None:
    row = page_en.cells("//table[@data-scope='team']//tr[@data-id='T2']")
    assert (row["Level"], row["Target"], row["Actual"]) == ("◆Danger", "11.0M", "1.4M")


def test_an_alert_card_answers_who_what_since_when_how_much_and_what_to_do(page: Page) -> None:
    card = page.words("//article[@data-alert='A-large']")
    for part in (
        "◆危险",
        "华东二队：本季度目标可能完不成",
        "10月5日起，第 26 天",
        "本季度已完成目标的 13%，应完成 31%",
        "201.0 万元 概率 93%",
        "建议：核对剩余商机，定出补差动作",
        "负责人李强",
        "李强 已有计划（10月14日）",
    ):
        assert part in card
    stage = page.words("//article[@data-alert='A-stage']")
    assert "未指派" in stage
    assert "尚未回应" in stage
    # A message without advice gets the advice of its metric.
    assert say("do.stage_conversion", "zh") in stage
    order = [article.get("data-alert") for article in page.root.xpath("//article[@data-alert]")]
    assert order == ["A-large", "A-small", "A-stage", "A-idle"]


def test_a_card_names_its_deals_and_the_record_of_its_rule(page: Page, page_en: Page) -> None:
    card = page.one("//article[@data-alert='A-large']")
    assert [words(item) for item in card.xpath(".//ul[@class='deals']/li")] == [
        "安和检测 · 李强 · 方案报价 · 88.0 万元 · 12 个工作日未跟进 · 预计11月20日成交",
        "<b>星辰医药</b> · U99",
    ]
    assert "以往 30 次中 77% 应验（59%–88%），通常提前 35 天" in words(card)
    assert "right in 77% of 30 past alerts" in page_en.words("//article[@data-alert='A-large']")
    other = page.one("//article[@data-alert='A-small']")
    assert not other.xpath(".//ul[@class='deals']")
    assert "规则过往" not in words(other)


def test_a_card_names_the_customers_behind_it(page: Page, page_en: Page) -> None:
    card = "//article[@data-alert='A-idle']//ul[contains(@class, 'accounts')]/li"
    assert [words(item) for item in page.root.xpath(card)] == [
        "博远<科技> · 李强 · 近 12 个月 125.0 万元 · 59 天未回应也未下单",
        "恒昌机械 · 从未回应或下单",
    ]
    assert words(page_en.root.xpath(card)[0]).endswith(
        "in 12 months · no answer or order for 59 days"
    )
    assert not page.root.xpath("//article[@data-alert='A-large']//ul[contains(@class, 'accounts')]")


def test_rules_show_how_often_they_were_right_and_how_often_they_lie(page: Page) -> None:
    assert page.cells("//tr[@data-id='quarter_target_at_risk']") == {
        "规则": "本季度目标可能完不成",
        "可核对": "104",
        "应验比例": "62% (52%–70%)",
        "通常提前": "47 天",
        "平稳时误报（每 100 个团队或个人）": "—",
    }
    plain = page.cells("//tr[@data-id='two_weeks']")
    assert plain["规则"] == "连续两周低于平均值 只观察"
    assert plain["应验比例"] == "—"
    assert plain["平稳时误报（每 100 个团队或个人）"] == "12.3 次/周"
    section = page.section("rules")
    assert "赢单率下降" not in section
    assert "未列出的 1 条规则" in section
    assert "不应出现" not in page.text


def test_changes_since_last_week(page: Page) -> None:
    changes = page.section("changes")
    assert "新增 1 条 ▲警戒 方案报价阶段转化率 41%" in changes
    assert "升级为危险 1 条 ◆危险 华东二队" in changes
    assert "已恢复 1 条 ▲警戒 华北一队新增客户连续两周偏低 历时 16 天" in changes
    assert "早已关闭" not in page.text
    assert "尚未发生" not in page.text


def test_the_funnel_names_its_weakest_stage(page: Page, page_en: Page) -> None:
    assert "最弱环节：方案报价，转化率 41%，比常态低 15 个百分点" in page.section("funnel")
    assert "conversion 41%, 15 pp lower than the baseline" in page_en.section("funnel")
    row = page.cells("//table[@data-table='funnel']//tr[@data-id='方案报价']")
    assert row == {
        "阶段": "方案报价 ▲警戒",
        "转化率": "41%",
        "常态": "56%",
        "样本": "80",
        "停留中位数": "12 天",  # 8.5 + 3, half up
        "停滞": "3 / 6",
    }


def test_pipeline_and_its_week(page: Page) -> None:
    pipeline = page.section("pipeline")
    # 16.0 - 2.0 × stage order, four stages
    assert "在手商机4,400.0 万元" in pipeline
    assert "覆盖倍数1.8× 常态 2.3×" in pipeline
    for part in ("期初", "4,500.0", "+320.0", "−270.0", "4,385.0"):
        assert part in pipeline
    assert "推迟的 125.0 万元，提前的 40.0 万元" in pipeline


def test_metrics_against_the_past(page: Page) -> None:
    revenue = page.cells("//tr[@data-id='revenue']")
    assert (revenue["数值"], revenue["环比"], revenue["同比"]) == (
        "1,290.0 万元",
        "+11%",
        "−17% 变差",
    )
    rate = page.cells("//tr[@data-id='win_rate']")
    assert (rate["环比"], rate["同比"]) == ("−6 个百分点 变差", "+1 个百分点")
    cycle = page.cells("//tr[@data-id='sales_cycle_days']")
    # Longer is worse; against zero there is no share to tell.
    assert (cycle["环比"], cycle["同比"]) == ("+13% 变差", "—")
    assert page.cells("//tr[@data-id='late_order_share']")["数值"] == "—"


def test_late_feeds_mark_what_stands_on_them(page: Page) -> None:
    assert "数据存疑" in page.words("//*[@id='customers']//h2")
    assert "数据存疑" not in page.words("//*[@id='funnel']//h2")
    assert "相关数字仅供参考：跟进记录" in page.words("//header")
    trust = page.section("trust")
    assert "1 / 2 路数据未按时更新" in trust
    assert "未通过 1 项" in trust
    assert "金额为负，例如 D7、D9。" in trust
    assert "of_yesterday" not in trust


def test_the_agenda_is_half_an_hour_with_names(page: Page) -> None:
    agenda = page.section("agenda")
    assert "共约 30 分钟" in agenda
    titles = [h.text.strip() for h in page.root.xpath("//ol[@class='agenda']/li/h3")]
    assert titles == [
        "业绩进度",
        "危险预警",
        "警戒预警",
        "最弱环节",
        "客户与交付",
        "尚未回应的事项",
        "好转与经验",
        "数据问题",
    ]
    assert "3 个事项无人回应，最早成立于 10月12日" in agenda


def test_rules_that_cannot_be_judged_yet_are_named_the_next_one_first(page: Page) -> None:
    said = page.root.xpath("//*[@id='readiness']")[0].text_content()
    assert said.startswith("3 条规则中有 1 条可以判断")
    lines = page.root.xpath("//*[@id='readiness']/ancestor::details/ul/li")
    assert [line.text_content()[:5] for line in lines] == ["赢单率下降", "覆盖率偏低"]


def test_text_from_data_is_never_markup(page: Page) -> None:
    assert "<script>" not in page.text
    assert not page.root.xpath("//script")
    assert page.cells("//tr[@data-id='A2']")["客户"] == "<script>alert(1)</script>实验室"


def test_a_name_in_a_chart_is_escaped(make_marts: Make, company: Company) -> None:
    marts = make_marts()
    marts.add(
        "fct_funnel",
        {
            "period_type": "quarter",
            "period_start": QUARTER[0],
            "scope_type": "company",
            "scope_id": "company",
            "stage": "</text><script>x()</script>&",
            "stage_order": 1,
            "entered": 5,
            "advanced": 2,
            "lost": 1,
            "still_open": 2,
            "exit_conversion": 0.6,
        },
    )
    page = Page(render_weekly(figures_of(marts.path), company, "zh"))
    assert not page.root.xpath("//script")
    assert "&lt;/text&gt;&lt;script&gt;" in page.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_empty_marts_say_so(make_marts: Make, company: Company, language: str) -> None:
    page = Page(render_weekly(figures_of(make_marts().path), company, language))
    assert page.words("//h1") == say("head.nothing", language)
    for section, key in (
        ("alerts", "alerts.none"),
        ("changes", "changes.none"),
        ("company", "months.none"),
        ("company", "pace.none"),
        ("scopes", "scopes.none"),
        ("funnel", "funnel.none"),
        ("pipeline", "pipeline.none"),
        ("pipeline", "bridge.none"),
        ("metrics", "metrics.none"),
        ("customers", "customers.no_data"),
        ("orders", "orders.no_data"),
        ("agenda", "agenda.nothing"),
        ("trust", "trust.none"),
    ):
        assert say(key, language) in page.section(section)


def test_a_mart_that_does_not_exist_is_not_good_news(make_marts: Make, company: Company) -> None:
    marts = make_marts(leave_out=["fct_alerts", "fct_orders"])
    page = Page(render_weekly(figures_of(marts.path), company, "zh"))
    assert say("alerts.none", "zh") not in page.section("alerts")
    assert say("head.no_alerts", "zh") not in page.words("//header")
    assert "没有预警数据" in page.words("//header")
    assert "fct_alerts, fct_orders" in page.section("trust")


@pytest.mark.parametrize("name", ["page", "page_en"])
def test_no_null_and_no_foreign_resource(name: str, request: pytest.FixtureRequest) -> None:
    page: Page = request.getfixturevalue(name)
    shown = page.root.text_content()
    assert not re.search(r"\b(None|NaN|nan|inf|null)\b", shown)
    assert not page.root.xpath("//link | //img | //script | //iframe")
    assert not re.search(r"url\(|https?://(?!www\.w3\.org/2000/svg|x)", page.text)
    assert page.root.xpath("//meta[@name='viewport']")


def test_the_english_page_has_no_chinese_of_its_own(page_en: Page) -> None:
    names = (
        "华信仪器|华东一队|华东二队|华南一队|华北一队|华东|华南|华北|王芳|李强|张敏|刘洋|陈静|赵磊"
    )
    names += "|初步接洽|需求确认|方案报价|商务谈判|分析仪|星辰医药|实验室|公司|安和检测|博远<科技>|恒昌机械"
    left = re.sub(names, "", page_en.root.text_content())
    assert re.findall(r"[\u4e00-\u9fff]+", left) == []


def test_a_company_without_a_target_still_has_a_headline(
    make_marts: Make, company: Company
) -> None:
    marts = make_marts()
    marts.add(
        "fct_target_completion",
        completion("company", "company", None, 3_560_000, 0.31, None, "no_target"),
    )
    page = Page(render_weekly(figures_of(marts.path), company, "zh"))
    assert page.words("//h1") == "本季度公司没有设定目标，目前完成 356.0 万元"


def test_long_lists_are_cut_and_say_so(make_marts: Make, company: Company) -> None:
    marts = make_marts()
    fill_people(marts)
    fill_progress(marts)
    marts.add("fct_alerts", *(alert(f"A{n:02}", "danger", 1_000 - n) for n in range(30)))
    marts.add(
        "fct_target_completion",
        *(completion("rep", f"R{n:02}", 100.0, 10, 0.3, 0.9, "danger") for n in range(50)),
    )
    page = Page(render_weekly(figures_of(marts.path), company, "zh"))
    assert len(page.root.xpath("//article[@data-alert]")) == 8
    assert "其余 22 个列在下表" in page.section("alerts")
    assert "还有 2 个较轻的事项，见 weekly.xlsx" in page.section("alerts")
    assert len(page.root.xpath("//table[@data-scope='rep']/tbody/tr")) == 40
    assert "其余 15 行见 weekly.xlsx" in page.section("scopes")


def test_every_case_leads_to_its_page_on_the_board(
    figures: ReportFigures, company: Company, page: Page
) -> None:
    linked = render_weekly(figures, company, "zh", "https://board.example.com/")
    ids = [case.lead.alert_id for case in figures.alerts.cases[:TOP_ALERTS]]
    assert all(f'href="https://board.example.com/warnings/{one}"' in linked for one in ids)
    assert "/warnings/" not in page.text  # without an address there is nothing to lead to
