# SPDX-License-Identifier: Apache-2.0
"""HTML by functions that escape all they are given, and figures as the page writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import isnan


class Html(str):
    """Text that is HTML already."""


def text(value: object) -> Html:
    """Escape, unless it is HTML."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def element(tag: str, content: object = "", **attributes: str) -> Html:
    """`<tag attributes>content</tag>`; `class_` stands for `class`, an underscore within for a hyphen."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items()
    )
    return Html(f"<{tag}{told}>{text(content)}</{tag}>")


def heading(title: str) -> Html:
    """Of a part of the page."""
    return element("h2", title)


def joined(parts: Iterable[object], between: str = "") -> Html:
    """One after the other."""
    return Html(between.join(map(text, parts)))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> Html:
    """A table that may be scrolled sideways on a narrow page; the columns of `numbers` are set to the right."""
    right = set(numbers)

    def row(tag: str, cells: Sequence[object]) -> Html:
        return element(
            "tr",
            joined(
                element(tag, cell, class_="number") if index in right else element(tag, cell)
                for index, cell in enumerate(cells)
            ),
        )

    head = element("thead", row("th", headings)) if any(headings) else Html()
    body = element("tbody", joined((row("td", cells) for cells in rows), "\n"))
    return element("div", element("table", joined([head, body])), class_="wide")


def number(value: object, digits: int = 6) -> str:
    """A figure with its thousands parted; a dash for none."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return "–"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:,.{digits}g}"


def seconds(value: object) -> str:
    """Seconds to the millisecond at most."""
    return f"{round(value, 3):,.10g} s" if isinstance(value, (int, float)) else "–"


def span(value_s: float) -> str:
    """A time in words: 1 h 35 min 39 s."""
    whole = int(value_s)
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")) if n]
    return " ".join(parts) or f"{value_s:g} s"


def verdict(word: object) -> Html:
    """A verdict in its colour; other words as they are."""
    return element("span", word, class_=f"{word}-text") if word in VERDICTS else text(word)


VERDICTS = ("pass", "fail", "error", "inconclusive", "unfinished")
