"""A message in the three forms that channels take: plain text, Markdown, HTML.

Add here: a kind of block. Keep out: what a notice says (`notices.py`) and sending.

Whatever comes from data (names, notes) is neutralised: it can neither break the layout nor add
links, markup or formulas.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]#|~<>])")
LONGEST_CELL = 600
_INDENT = ' style="margin-left:1.5em"'


@dataclass(frozen=True)
class Message:
    """One message: a title of one line and the same body three times."""

    title: str
    text: str
    markdown: str
    html: str


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Line:
    """`label: value`, or only a value."""

    value: str
    label: str = ""


@dataclass(frozen=True)
class Items:
    """A list; items that start with two blanks belong to the one before."""

    items: tuple[str, ...]
    label: str = ""


@dataclass(frozen=True)
class Link:
    """A link whose address is ours, never one from data."""

    label: str
    url: str


Block = Heading | Line | Items | Link


def one_line(text: str, longest: int = LONGEST_CELL) -> str:
    """Text on one line, cut with an ellipsis when it is very long."""
    flat = _CONTROL.sub(" ", text).strip()
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"


def compose(title: str, blocks: list[Block]) -> Message:
    """The message of these blocks in all three forms."""
    return Message(
        one_line(title, 200),
        "\n".join(_text(block) for block in blocks),
        "\n\n".join(_markdown(block) for block in blocks),
        "\n".join(_html(block) for block in blocks),
    )


def with_remark(message: Message, remark: str) -> Message:
    """The message with a sentence in front of its body."""
    return Message(
        message.title,
        f"{_text(Line(remark))}\n{message.text}",
        f"{_markdown(Line(remark))}\n\n{message.markdown}",
        f"{_html(Line(remark))}\n{message.html}",
    )


def _labelled(label: str, value: str) -> str:
    return f"{label}{_colon(label)}{value}" if label else value


def _colon(label: str) -> str:
    """As the label's language writes it."""
    return "：" if label[-1] >= "\u4e00" else ": "


def _text(block: Block) -> str:
    match block:
        case Heading(text):
            return f"\n== {one_line(text)} =="
        case Line(value, label):
            return _labelled(label, one_line(value))
        case Items(items, label):
            rows = [
                f"  {'  ' if item.startswith('  ') else ''}- {one_line(item)}" for item in items
            ]
            return "\n".join([f"{label}{_colon(label)}".rstrip(), *rows] if label else rows)
        case Link(label, url):
            # A full-width colon may be taken as a part of the address that follows it.
            return f"{label}: {url}"


def _markdown(block: Block) -> str:
    match block:
        case Heading(text):
            return f"### {_escaped(text)}"
        case Line(value, label):
            start = f"**{_escaped(label)}**{_colon(label)}" if label else ""
            return f"{start}{_escaped(value)}"
        case Items(items, label):
            rows = [
                f"{'    ' if item.startswith('  ') else ''}- {_escaped(item)}" for item in items
            ]
            start = f"**{_escaped(label)}**{_colon(label)}".rstrip() if label else ""
            return "\n".join([start, "", *rows] if label else rows)
        case Link(label, url):
            return f"[{_escaped(label)}]({url})"


def _escaped(text: str) -> str:
    # Chat services differ in what a backslash does, so a link is taken apart as well.
    return _MARKDOWN.sub(r"\\\1", one_line(text).replace("](", "] ("))


def _html(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h3>{_tagless(text)}</h3>"
        case Line(value, label):
            start = f"<b>{_tagless(label)}</b>{_colon(label)}" if label else ""
            return f"<p>{start}{_tagless(value)}</p>"
        case Items(items, label):
            start = f"<p><b>{_tagless(label)}</b>{_colon(label).strip()}</p>" if label else ""
            rows = "".join(
                f"<li{_INDENT if item.startswith('  ') else ''}>{_tagless(item)}</li>"
                for item in items
            )
            return f"{start}<ul>{rows}</ul>"
        case Link(label, url):
            return f'<p><a href="{html.escape(url, quote=True)}">{_tagless(label)}</a></p>'


def _tagless(text: str) -> str:
    return html.escape(one_line(text), quote=True)
