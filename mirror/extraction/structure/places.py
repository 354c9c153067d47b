"""Counties and cities a text names, with their GB/T 2260 codes in the years it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

#: All names end so, and none is longer.
_LAST = re.compile("[省市县区]")
_LONGEST = 8

#: Behind such a character a name of two characters, or one that begins like a common word, is surely a name.
_BEFORE = re.compile(
    r"(?:[^\u3400-\u9fff]|[省市和与及或在至到由赴从往属是为向对、于今自抵邻归隶]|地区|专区|[东西南北]接|毗连|[时曾历]任|原籍|来自|迁居)\Z"
)
_COMMON_WORDS = ("市", "河", "城", "四", "郊", "中", "东", "福", "张")


@dataclass(frozen=True, slots=True)
class Code:
    """A code that a division had, and the first and last year whose table has it (0: still has it)."""

    code: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Place:
    """A division named in a text, and its codes in the years asked for, oldest first; () if it had none then."""

    name: str
    at: int
    codes: tuple[Code, ...]


def read_places(text: str, first: int | None = None, last: int | None = None) -> list[Place]:
    """The divisions a text names in full, in order of first mention, each once.

    A name that several divisions bore in those years (市中区) counts only behind the name of its city.

    Args:
        text: The reading text.
        first: First year it speaks of; None: the first of the table.
        last: Last year; None: the last of the table.
    """
    table = _table()
    found: dict[tuple[str, str], Place] = {}
    city = ""
    city_end = -9
    for name, start in _named(text):
        before = text[max(0, start - 2) : start]
        doubtful = len(name) == 2 or (name[-1] == "区" and name.startswith(_COMMON_WORDS))
        if len(name) == 2 and text.startswith("长", start + 2):
            continue  # 曹县长 is Mr Cao's office
        parent = city if start == city_end else ""
        if doubtful and not parent and before and not _BEFORE.search(before):
            continue
        codes = _in_years(table[name], first, last)
        if parent:
            above = {code.code[:4] for code in _in_years(table[parent], first, last)}
            codes = tuple(code for code in codes if code.code[:4] in above) or codes
        if name.endswith(("市", "地区")):
            city, city_end = name, start + len(name)
        if _overlap(codes):
            continue
        found.setdefault((name, parent if doubtful else ""), Place(name, start, codes))
    return list(found.values())


def _named(text: str) -> Iterator[tuple[str, int]]:
    """Every name of the table in a text, the longest that ends at each place, and where it begins."""
    table = _table()
    floor = 0
    for match in _LAST.finditer(text):
        end = match.end()
        for length in range(_LONGEST, 1, -1):
            if end - length >= floor and text[end - length : end] in table:
                yield text[end - length : end], end - length
                floor = end
                break


def codes_of(name: str, first: int | None = None, last: int | None = None) -> tuple[Code, ...]:
    """The codes a name had in a span of years, oldest first."""
    return _in_years(_table().get(name, ()), first, last)


@cache
def name_of(code: str) -> str | None:
    """The newest name of a division; None if the table has no such code."""
    named = [(one.last or 9999, name) for name, codes in _table().items() for one in codes if one.code == code]
    return max(named)[1] if named else None


def _in_years(codes: tuple[Code, ...], first: int | None, last: int | None) -> tuple[Code, ...]:
    return tuple(
        code
        for code in codes
        if (last is None or code.first <= last) and (first is None or not code.last or code.last >= first)
    )


def _overlap(codes: tuple[Code, ...]) -> bool:
    """Whether two codes hold in one year: then the name is that of two divisions."""
    ordered = sorted(codes, key=lambda code: code.first)
    return any(not one.last or one.last > two.first for one, two in pairwise(ordered))


@cache
def _table() -> dict[str, tuple[Code, ...]]:
    names: dict[str, list[Code]] = {}
    for line in (resources.files(__package__) / "divisions.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "code\t")):
            code, name, first, last = line.split("\t")
            names.setdefault(name, []).append(Code(code, int(first), int(last or 0)))
    return {name: tuple(sorted(codes, key=lambda code: code.first)) for name, codes in names.items()}
