"""The outline of a text: `一、`, `（一）`, `1.`, `(1)`, `①`, as far as its numbers run on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mirror.extraction.structure.numerals import number

_STYLES: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"[ \t\u3000\xa0]*(?:{head})(?P<rest>.*)")
    for head in (
        r"第(?P<number>[一二三四五六七八九十百]{1,5})[编章节篇卷条](?:[ \u3000]|$)",
        r"(?P<number>[一二三四五六七八九十—―]{1,3})、",
        r"[（(](?P<number>[一二三四五六七八九十]{1,3})[）)]",
        r"(?P<number>[0-9]{1,2})(?:[．、]|\.(?![0-9]))",
        r"[（(](?P<number>[0-9]{1,2})[）)]",
        r"(?P<number>[①-⑳])",
    )
)
_END = re.compile("[。；：，！？]")
_LONGEST_TITLE = 30


@dataclass(frozen=True, slots=True)
class Node:
    """A numbered paragraph."""

    level: int  #: 0 for the outermost style this text uses
    number: int
    title: str | None  #: its words, if it is a heading of its own line or a short beginning ended by 。
    at: int  #: where it stands in the text


def read_outline(text: str) -> list[Node]:
    """The numbered paragraphs of a text, in order.

    Sure ones only: in each run the numbers go up by one from one; a lone `一、` is no outline.
    """
    heads: list[tuple[int, int, str, int]] = []  # style, number, rest, place
    at = 0
    for line in text.split("\n"):
        for style, pattern in enumerate(_STYLES):
            match = pattern.match(line) if line.strip() else None
            if match:
                value = _value(match["number"])
                if value:
                    heads.append((style, value, match["rest"].strip(" \u3000"), at + match.start("number")))
                break
        at += len(line) + 1
    runs = _runs(heads)
    styles = sorted({heads[index][0] for index in runs})
    return [
        Node(styles.index(heads[index][0]), heads[index][1], _title(heads[index][2]), heads[index][3])
        for index in sorted(runs)
    ]


def _runs(heads: list[tuple[int, int, str, int]]) -> set[int]:
    """The heads that belong to a run 1, 2 … of one style; a head of an outer style ends the runs within it."""
    kept: set[int] = set()
    runs: dict[int, list[int]] = {}
    for index, (style, value, _, _) in enumerate(heads):
        for inner in [one for one in runs if one > style]:
            del runs[inner]
        run = runs.get(style)
        if value == 1:
            runs[style] = [index]
        elif run and heads[run[-1]][1] == value - 1:
            run.append(index)
            kept.update(run)
        elif run:
            del runs[style]
    return kept


def _value(words: str) -> int | None:
    if words in ("—", "―"):
        return 1  # dashes typed for 一
    if "①" <= words <= "⑳":
        return ord(words) - ord("①") + 1
    return number(words)


def _title(rest: str) -> str | None:
    end = _END.search(rest)
    if end is None:
        return rest if 0 < len(rest) <= _LONGEST_TITLE else None
    title = rest[: end.start()]
    return title if end[0] == "。" and 0 < len(title) <= _LONGEST_TITLE and end.end() < len(rest) else None
