"""How lines come to the terminal: colours and a line that moves where it can, plain lines where not.

Add here: a way of showing something on a terminal. Keep out: what is shown.

A pipe, a file, cron and NO_COLOR get plain lines with the same words.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from typing import Any, TextIO

STYLES = {"good": "32", "bad": "31;1", "remark": "33", "dim": "2", "strong": "1"}


def is_live(stream: TextIO | None = None) -> bool:
    """Whether the stream is a terminal that can move its cursor and show colours."""
    stream = stream or sys.stdout
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


def coloured(words: str, style: str) -> str:
    """The words in a colour of `STYLES`, or as they are where there are no colours."""
    return f"\x1b[{STYLES[style]}m{words}\x1b[0m" if is_live() else words


def say(line: object = "") -> None:
    """One line on standard output."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def say_json(content: Any) -> None:
    """A list or record for programs, readable and in UTF-8."""
    say(json.dumps(content, ensure_ascii=False, indent=2, default=str))


class LineHandler(logging.Handler):
    """Log records as lines below each other, warnings in colour; a moving line is kept last.

    A record with the attribute `passing` replaces the moving line; without a terminal it is dropped.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.stream, self._passing, self._shown_at = stream, False, 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        words = record.getMessage()
        if getattr(record, "passing", False):
            self._pass(words)
            return
        self._clear()
        loud = record.levelno >= logging.WARNING and is_live(self.stream)
        style = STYLES["bad" if record.levelno >= logging.ERROR else "remark"]
        self.stream.write(f"  \x1b[{style}m{words}\x1b[0m\n" if loud else f"  {words}\n")
        self.stream.flush()

    def _pass(self, words: str) -> None:
        now = time.monotonic()
        if not is_live(self.stream) or now - self._shown_at < 0.1:
            return
        self._shown_at, self._passing = now, True
        self.stream.write(f"\r\x1b[2K  {words}")
        self.stream.flush()

    def _clear(self) -> None:
        if self._passing:
            self.stream.write("\r\x1b[2K")
            self._passing = False


def speak_on(stream: TextIO) -> None:
    """From now on what the steps of a night log comes to this stream."""
    logger = logging.getLogger("forewarn")
    logger.handlers = [LineHandler(stream)]
    logger.propagate = False
    logger.setLevel(logging.INFO)
