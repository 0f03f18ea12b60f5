import datetime as dt

import pytest

from pipelines.language.figures import Writer

ZH, EN, USD = Writer("zh", "CNY"), Writer("en", "CNY"), Writer("zh", "USD")


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        (None, "—", "—"),
        (float("nan"), "—", "—"),
        (float("inf"), "—", "—"),
        (0, "0.0", "0"),
        (-0.0, "0.0", "0"),
        (300, "<0.1", "300"),
        (-300, "−0.1", "−300"),
        (12_345_678.9, "1,234.6", "12.3M"),
        (-2_050_000, "−205.0", "−2.0M"),
        (999_600, "100.0", "1.0M"),
        (345_600, "34.6", "346k"),
    ],
)
def test_money_without_unit(amount: float | None, zh: str, en: str) -> None:
    assert ZH.money(amount) == zh
    # 2.05 is not exact in binary; either neighbour is a right way to round it.
    assert EN.money(amount) in (en, en.replace("2.0M", "2.1M"))


def test_money_with_unit_names_the_currency() -> None:
    assert ZH.money_full(420_000) == "42.0 万元"
    assert USD.money_full(420_000) == "42.0 万 USD"
    assert EN.money_full(420_000) == "CNY 420k"
    assert EN.money_full(None) == "—"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "—"),
        (0.2749, "27%"),
        (1.045, "105%"),
        (-0.155, "−16%"),
        (0.0, "0%"),
        (12.5, "1,250%"),
    ],
)
def test_percent_is_whole(share: float | None, text: str) -> None:
    assert ZH.percent(share) == text


@pytest.mark.parametrize(
    ("probability", "text"),
    [(None, "—"), (0.0, "<1%"), (0.46, "46%"), (0.997, ">99%"), (1.0, ">99%")],
)
def test_a_chance_is_never_certain(probability: float | None, text: str) -> None:
    assert ZH.chance(probability) == text


def test_differences_carry_their_sign() -> None:
    assert ZH.points(-0.152) == "−15 个百分点"
    assert EN.points(0.034) == "+3 pp"
    assert EN.points(-0.001) == "0 pp"
    assert ZH.change(0.11) == "+11%"
    assert ZH.money_change(-2_700_000) == "−270.0"
    assert ZH.money_change(None) == "—"


def test_days_and_dates_are_written_for_their_readers() -> None:
    day = dt.date(2026, 10, 5)
    assert (ZH.date(day), EN.date(day)) == ("10月5日", "5 Oct")
    assert (ZH.full_date(day), EN.full_date(day)) == ("2026年10月5日", "5 Oct 2026")
    assert (ZH.full_date(None), EN.date(None)) == ("—", "—")
    assert (EN.days(1), EN.days(8.5), EN.days(12.4), ZH.days(None)) == (
        "1 day",
        "8.5 days",
        "12 days",
        "—",
    )
