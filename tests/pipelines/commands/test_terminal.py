"""Lines on a terminal and elsewhere: colours and a moving line only where the terminal can."""

from __future__ import annotations

import io
import logging

import pytest

from pipelines.commands.terminal import LineHandler, coloured, is_live


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def record(words: str, level: int = logging.INFO, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("forewarn", level, "", 0, words, None, None)
    made.__dict__.update(extra)
    return made


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_moving_line_gives_way_to_the_next_one():
    stream = Terminal()
    handler = LineHandler(stream)
    handler.emit(record("3 of 158", passing=True))
    handler.emit(record("done"))
    assert stream.getvalue() == "\r\x1b[2K  3 of 158\r\x1b[2K  done\n"


def test_a_file_gets_plain_lines_and_no_moving_one():
    stream = io.StringIO()
    handler = LineHandler(stream)
    handler.emit(record("3 of 158", passing=True))
    handler.emit(record("refused", logging.WARNING))
    assert stream.getvalue() == "  refused\n"


def test_warnings_are_coloured_on_a_terminal():
    stream = Terminal()
    LineHandler(stream).emit(record("refused", logging.WARNING))
    assert stream.getvalue() == "  \x1b[33mrefused\x1b[0m\n"


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not is_live(Terminal())
    assert coloured("bad", "bad") == "bad"
