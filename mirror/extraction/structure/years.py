"""Years a text names: of the common era, of the Republic, of reigns; converted, with the words they came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Literal

from mirror.extraction.structure.numerals import number, widen, year_digits

_TO = "(?:--|——|──|[-—―－–~～至到])"
_NUMERAL = "(?:元|[一二三四五六七八九十廿卅]{1,4}|[0-9]{1,2})"
_COMMON = re.compile(
    rf"(?P<era>公元前|公元)?(?<![0-9.])(?P<first>[0-9]{{1,4}})年?(?:{_TO}(?P<last>[0-9]{{2,4}}))?年(?=(?P<after>.{{0,3}}))"
)
_DIGITS = re.compile("(?<![一二三四五六七八九十百千万〇○零])[一二三四五六七八九〇○零]{4}(?=年)")
_REPUBLIC = re.compile(rf"民国(?P<first>{_NUMERAL})年?(?:{_TO}(?P<last>{_NUMERAL}))?年")
#: What a year of a reign may end with: few places of a text are worth a search for a reign before them.
_REIGN_END = re.compile("(?:[元一二三四五六七八九十廿卅]|(?<![0-9])[0-9]{1,2})年|年间")
_LONGEST_REIGN = 20
_STATED = re.compile(rf"[（(](?:公元)?(?P<year>[0-9]{{3,4}})(?:{_TO}[0-9]{{2,4}})?年?[）)]")
_DURATION = re.compile("(?:来|的?历史|之久|之前|以?前|以上|多|左右)")
_TITLE = re.compile(
    rf"(?<![0-9])(?P<first>1[0-9]{{3}}|20[0-9]{{2}})(?![0-9])年?(?:{_TO}(?P<last>[0-9]{{4}})(?![0-9]))?"
)
_EARLIEST, _LATEST = 1000, 2099  #: a number of four digits before 年 is a year between these


@dataclass(frozen=True, slots=True)
class Years:
    """A year or a span of years."""

    first: int  #: of the common era; before it, negative: 公元前209年 is -209
    last: int
    words: str  #: as the text has them
    at: int  #: where they stand in it
    calendar: Literal["common", "republic", "reign"]
    stated: int | None = None  #: the year in brackets behind it, where that is another than the conversion gives


@dataclass(frozen=True, slots=True)
class Reign:
    dynasty: str
    first: int
    last: int
    named: bool  #: counts only with its dynasty before it


def read_years(text: str) -> list[Years]:
    """The years a text names, in order. A span of time (`1000年来`) or a reign of two dynasties is none."""
    wide = widen(text)
    found = [*_common(wide), *_digits(wide), *_republic(wide), *_reigns(wide)]
    if wide != text:
        found = [replace(one, words=text[one.at : one.at + len(one.words)]) for one in found]
    return sorted(found, key=lambda years: (years.at, -len(years.words)))


def title_years(title: str) -> Years | None:
    """The years in a title, `东明县志（1986--2005）` or `1995年`, with or without 年; None if not just one."""
    found = list(_TITLE.finditer(widen(title)))
    if len(found) == 1:
        first = int(found[0]["first"])
        last = int(found[0]["last"] or first)
        words = title[found[0].start() : found[0].end()]
        return Years(first, last, words, found[0].start(), "common") if first <= last <= _LATEST else None
    named = [] if found else read_years(title)
    return named[0] if len(named) == 1 else None


def span(years: Sequence[Years]) -> Years | None:
    """From the earliest to the latest; None if there are none."""
    if not years:
        return None
    first, last = min(years, key=lambda one: one.first), max(years, key=lambda one: one.last)
    words = first.words if first.words == last.words else f"{first.words} … {last.words}"
    return Years(first.first, last.last, words, first.at, first.calendar)


def _common(text: str) -> list[Years]:
    found = []
    for match in _COMMON.finditer(text):
        era = match["era"]
        first = int(match["first"])
        last = first
        if match["last"]:
            last = int(match["last"])
            if last < 100 <= first:
                last += first // 100 * 100
        words = match[0]
        at = match.start()
        if era == "公元前":
            found.append(Years(-first, -int(match["last"] or first), words, at, "common"))
        elif era or (first >= _EARLIEST and last <= _LATEST):
            if (not era and first % 100 == 0 and _DURATION.match(match["after"])) or last < first:
                continue
            found.append(Years(first, last, words, at, "common"))
    return found


def _digits(text: str) -> list[Years]:
    found = []
    for match in _DIGITS.finditer(text):
        year = year_digits(match[0])
        if _EARLIEST <= year <= _LATEST:
            found.append(Years(year, year, match[0] + "年", match.start(), "common"))
    return found


def _republic(text: str) -> list[Years]:
    found = []
    for match in _REPUBLIC.finditer(text):
        first, last = number(match["first"]), number(match["last"] or match["first"])
        if first and last and first <= last <= 38:
            found.append(_stated(text, match, Years(1911 + first, 1911 + last, match[0], match.start(), "republic")))
    return found


def _reigns(text: str) -> list[Years]:
    pattern, reigns = _table()
    found = []
    matches: dict[int, re.Match[str]] = {}
    for end in _REIGN_END.finditer(text):
        for match in pattern.finditer(text, max(0, end.start() - _LONGEST_REIGN), end.end()):
            if match.end() == end.end():
                matches[match.start()] = match  # of 元年至三年 the whole is found last
    for match in matches.values():
        dynasty = (match["dynasty"] or "").removesuffix("朝").removesuffix("代")
        dynasty = "宋" if dynasty in ("北宋", "南宋") else dynasty
        ordinal = number(match["first"]) if match["first"] else 0
        until = number(match["last"]) if match["last"] else ordinal
        fitting = [
            reign
            for reign in reigns[match["era"]]
            if (reign.dynasty == dynasty or (not dynasty and not reign.named))
            and until is not None
            and reign.first + max(until - 1, 0) <= reign.last
        ]
        if len(fitting) != 1 or ordinal is None or until is None or until < ordinal:
            continue
        (reign,) = fitting
        years = (reign.first + ordinal - 1, reign.first + until - 1) if ordinal else (reign.first, reign.last)
        found.append(_stated(text, match, Years(*years, match[0], match.start(), "reign")))
    return found


def _stated(text: str, match: re.Match[str], years: Years) -> Years:
    """With the year in brackets behind it, if that is another. The end of a Chinese year falls into our next."""
    stated = _STATED.match(text, match.end())
    if stated and not years.first <= int(stated["year"]) <= years.last + 1:
        return replace(years, stated=int(stated["year"]))
    return years


@cache
def _table() -> tuple[re.Pattern[str], dict[str, list[Reign]]]:
    reigns: dict[str, list[Reign]] = {}
    lines = (resources.files(__package__) / "reigns.tsv").read_text("utf-8").splitlines()
    for line in lines:
        if line and not line.startswith(("#", "dynasty\t", "民国\t")):
            dynasty, era, first, last, named = line.split("\t")
            reigns.setdefault(era, []).append(Reign(dynasty, int(first), int(last), named == "1"))
    eras = "|".join(sorted(reigns, key=len, reverse=True))
    dynasties = "|".join(sorted({"北宋", "南宋"} | {one.dynasty for many in reigns.values() for one in many}, key=len,
                                reverse=True))  # fmt: skip
    return (
        re.compile(
            rf"(?P<dynasty>(?:{dynasties})[朝代]?)?(?P<era>{eras})"
            rf"(?:(?P<first>{_NUMERAL})年?(?:{_TO}(?P<last>{_NUMERAL}))?年|年间)"
        ),
        reigns,
    )
