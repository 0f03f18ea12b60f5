"""A failure is one sentence in the language of whoever reads it."""

import pytest

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import speak, spoken, text


@pytest.fixture(autouse=True)
def _language():
    before = spoken()
    yield
    speak(before)


def test_a_failure_is_told_in_each_language_and_str_is_that_of_the_process():
    failure = TransientFailure(
        text("failure.rerun_helps"), where="目标.xlsx", cause="HTTP 503", next_step="forewarn run"
    )
    english = "A rerun can help (目标.xlsx): HTTP 503. A rerun can help. Next: forewarn run."
    chinese = "重新运行可能成功（目标.xlsx）：HTTP 503。重新运行可能成功。下一步：forewarn run。"
    assert failure.told.en == english
    assert failure.told.zh == chinese
    speak("en")
    assert str(failure) == english
    speak("zh")
    assert str(failure) == chinese  # not the language it was raised in


@pytest.mark.parametrize("cause", ["", "out of space"])
@pytest.mark.parametrize("where", ["", "data/"])
@pytest.mark.parametrize("next_step", ["", "make room."])
def test_parts_that_are_missing_leave_no_marks_behind(cause, where, next_step):
    said = PermanentFailure("Could not write", where=where, cause=cause, next_step=next_step).told
    for sentence in (said.en, said.zh):
        assert "()" not in sentence
        assert "（）" not in sentence
        assert ".." not in sentence
        assert "。。" not in sentence
        assert sentence.endswith((".", "。"))
