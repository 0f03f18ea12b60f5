"""Texts: made without a language, put into words where somebody reads them."""

import pytest

from pipelines.language import catalogue as catalogues
from pipelines.language import languages, speak, spoken, text


@pytest.fixture
def entries(monkeypatch):
    known = {
        "en": {
            "days": ("{count} day", "{count} days"),
            "read": "Reading {file}: {why}",
            "why": "no heading among {names}",
            "language.between.names": "{one}, {two}",
        },
        "zh": {
            "days": ("{count} 天",),
            "read": "读取 {file}：{why}",
            "why": "标题中没有{names}",
            "language.between.names": "{one}、{two}",
        },
    }
    monkeypatch.setattr(catalogues, "catalogue", lambda language: known[language])


@pytest.mark.usefixtures("entries")
def test_a_number_chooses_the_plural_form():
    assert [text("days", count=n).en for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert text("days", count=1).zh == "1 天"


@pytest.mark.usefixtures("entries")
def test_a_text_inside_a_text_takes_its_language_and_names_stay_as_they_are():
    said = text("read", file="目标(新).xlsx", why=text("why", names=["A(b): c", "金额"]))
    assert said.en == "Reading 目标(新).xlsx: no heading among A(b): c, 金额"
    assert said.zh == "读取 目标(新).xlsx：标题中没有A(b): c、金额"


@pytest.mark.usefixtures("entries")
def test_str_speaks_the_language_of_the_process():
    before = spoken()
    try:
        speak("zh")
        assert str(text("days", count=3)) == "3 天"
    finally:
        speak(before)


def test_a_language_without_a_catalogue_is_refused():
    with pytest.raises(ValueError, match="no catalogue for 'xx'"):
        speak("xx")
    assert set(languages()) == {"zh", "en"}


def test_an_unknown_key_is_an_error_and_no_blank():
    with pytest.raises(KeyError):
        text("no.such.key").into("en")
