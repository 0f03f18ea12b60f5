"""Texts kept in tables: two languages in columns of their own, every further one in a column they share."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.alerting.rules.rule import Text as RuleText
from pipelines.commands import translating
from pipelines.language import catalogue as catalogues
from pipelines.language import stored, text
from pipelines.language.alert_parts import without_advice, without_level
from pipelines.language.text import InBoth


def test_two_languages_need_no_further_column():
    assert stored.in_others(message=text("alerts.agrees")) is None
    row = {"message_zh": "好", "message_en": "fine", stored.COLUMN: None}
    assert [stored.found(row, "message", code) for code in ("zh", "en", "de")] == [
        "好", "fine", "fine",
    ]  # fmt: skip


def test_a_further_language_is_kept_and_read(third_language: str):
    cell = stored.in_others(message=text("alerts.agrees"), rule_title="a name", advice=None)
    row = {"message_zh": "好", "message_en": "fine", stored.COLUMN: cell}
    assert stored.found(row, "message", third_language) == f"⟦{text('alerts.agrees').en}⟧"
    assert stored.found(row, "message", "zh") == "好"
    # Added to later, and kept under another name in another table.
    cell = stored.in_others(cell, record=text("alerts.record.too_few", cases=3))
    other = stored.under_other_names(cell, {"message": "said", "record": "past"})
    assert set(json.loads(str(other))[third_language]) == {"said", "past"}


def test_what_stands_beside_its_subject_is_translated_under_its_english_sentence(
    third_language: str,
):
    path = catalogues.CATALOGUES / f"{third_language}.po"
    entry = '\nmsgid "the quarter\'s target is at risk"\nmsgstr "Quartalsziel gefährdet"\n'
    path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")
    catalogues.catalogue.cache_clear()
    title = RuleText(zh="本季度目标有风险", en="the quarter's target is at risk")
    assert title.into(third_language) == "Quartalsziel gefährdet"
    assert InBoth(title.en, title.zh).into(third_language) == "Quartalsziel gefährdet"
    assert RuleText(zh="一", en="one", de="eins").into(third_language) == "eins"


def test_an_alert_is_taken_apart_in_any_language(third_language: str):
    for language in ("zh", "en", third_language):
        said = text(
            "alerts.head", level=text("alerts.level.danger"), where="华东", title="late"
        ).into(language)
        advice = text("alerts.advice", advice="call").into(language)
        body, rest = without_advice(f"{without_level(said)} {advice}")
        assert (body.rstrip("⟧"), rest.rstrip("⟧")) in {
            ("华东：late", "call"),
            ("华东: late", "call"),
        }


def test_a_catalogue_is_begun_and_kept_up_to_date(third_language: str, monkeypatch, tmp_path: Path):
    monkeypatch.setattr(translating, "CATALOGUES", catalogues.CATALOGUES)
    (tmp_path / "a.yml").write_text(
        "rules: [{title: {zh: 一, en: one thing}}]\nnote_zh: 二\nnote_en: another  thing\n",
        encoding="utf-8",
    )
    texts = translating.in_two_languages([tmp_path])
    assert texts == {"one thing", "another thing"}
    made = translating.catalogue_of("pl", texts)
    assert made.get("one thing").string == "one thing"
    assert len(made.get("sheets.check.rows").string) == made.num_plurals == 3
    kept = translating.catalogue_of(third_language, texts).get("alerts.agrees").string
    assert kept == f"⟦{text('alerts.agrees').en}⟧"
