"""Years a text names: of the common era, of the Republic, of reigns; converted, with the words they came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Literal

from mirror.extraction.structure.nearby import ERA_AFTER, read_nearby
from mirror.extraction.structure.numerals import WIDE_DIGITS, number, widen, year_digits
from mirror.extraction.structure.year import About, Years

_TO = "(?:--|——|──|[-—―－–~～至到])"
_NUMERAL = "(?:元|[一二三四五六七八九十廿卅]{1,4}|[0-9]{1,2})"
#: Between years of a list: `1986、1990年`, `光绪十年、十二年`.
_AND = "[、和及与]"
# Patterns begin with the characters they are found by, and look back from there: a text holds few of them.
_COMMON = re.compile(
    rf"(?P<first>[0-9](?<![0-9.].)[0-9]{{0,3}})年?(?:{_TO}(?:(?:公元)?(?P<again>前))?(?P<last>[0-9]{{2,4}}))?"
    rf"年(?!{ERA_AFTER})(?=(?P<after>.{{0,3}}))"
)
#: `前209年` too, where it begins a clause and cannot mean the first years of something.
_BEFORE_COMMON = re.compile(
    r"(?:(?<=[（(])|(?<![^，。；：！？、\s])(?=前[1-9][0-9]?[0-9]?[1-9]年))前(?=[1-9][0-9]{2})"
)
_LISTED = re.compile(rf"(?P<year>[0-9](?<![0-9.].)[0-9]{{3}})(?={_AND}(?:[0-9]{{4}}{_AND}){{0,20}}[0-9]{{4}}年)")
_DIGIT = "[一二三四五六七八九〇○零]"
_DIGITS = re.compile(
    rf"(?P<first>{_DIGIT}(?<![一二三四五六七八九十百千万〇○零].){_DIGIT}{{3}})年?(?:{_TO}(?P<last>{_DIGIT}{{4}}))?年"
)
_REPUBLIC = re.compile(rf"民国(?P<first>{_NUMERAL})年?(?:{_TO}(?:民国)?(?P<last>{_NUMERAL}))?年")
#: A further year of a reign, named only by its number.
_NEXT = re.compile(rf"{_AND}(?P<next>{_NUMERAL})年(?![来多余之])")
_LONGEST_REIGN = 26
#: Traditional characters of reigns and dynasties, one for one, so that places stay valid.
_SIMPLE = str.maketrans(
    "國萬曆歷緒順慶龍開寶應廣興貞長會啟啓禎統聖豐寧紹觀間時後樂顯慶總儀調隱萬歲聖視乾鳳載啓嗣羅拱",
    "国万历历绪顺庆龙开宝应广兴贞长会启启祯统圣丰宁绍观间时后乐显庆总仪调隐万岁圣视乾凤载启嗣罗拱",
)
_PLAIN = WIDE_DIGITS | _SIMPLE
_NOT_PLAIN = re.compile("[" + "".join(chr(one) for one, plain in _PLAIN.items() if one != plain) + "]")
_STATED = re.compile(rf"[（(](?:公元)?(?P<year>[0-9]{{3,4}})(?:{_TO}[0-9]{{2,4}})?年?[）)]")
_DURATION = re.compile("(?:来|的?历史|之久|之前|以?前|以上|多|左右)")
_DURATION_BEFORE = re.compile("(?:距今|[已约近有达历经过])\\Z")
_TITLE = re.compile(
    rf"(?<![0-9])(?P<first>1[0-9]{{3}}|20[0-9]{{2}})(?![0-9])年?(?:{_TO}(?P<last>[0-9]{{4}})(?![0-9]))?"
)
_EARLIEST, _LATEST = 1000, 2099  #: a number of four digits before 年 is a year between these


@dataclass(frozen=True, slots=True)
class Reign:
    dynasty: str
    first: int
    last: int
    named: bool  #: counts only with its dynasty before it


def read_years(text: str, about: About | None = None) -> list[Years]:
    """The years a text names, in order. A span of time (`1000年来`) or a reign of two dynasties is none.

    Args:
        text: The text.
        about: What the entry or its book is about, if that is known; it makes `80年代` and `86年5月` sure.
    """
    plain = text.translate(_PLAIN) if _NOT_PLAIN.search(text) else text
    said = [*_common(plain), *_listed(plain), *_digits(plain), *_republic(plain), *_reigns(plain)]
    said = sorted(_worded(text, plain, said), key=_in_order)
    found = _worded(text, plain, read_nearby(plain, said, about))
    return sorted([*said, *found], key=_in_order) if found else said


def _worded(text: str, plain: str, found: list[Years]) -> list[Years]:
    """With the words of the text itself."""
    if plain == text:
        return found
    return [replace(one, words=text[one.at : one.at + len(one.words)]) for one in found]


def _in_order(years: Years) -> tuple[int, int]:
    return years.at, -len(years.words)


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
        era = _era(text, match.start())
        first = int(match["first"])
        last = first
        if match["last"]:
            last = int(match["last"])
            if last < 100 <= first:
                last += first // 100 * 100
        words = era + match[0]
        at = match.start() - len(era)
        if era in ("公元前", "前"):
            until = int(match["last"] or first)
            until = -until if match["again"] or not match["last"] or until <= first else until
            found.append(Years(-first, until, words, at, "common"))
        elif match["again"]:
            continue
        elif era or (first >= _EARLIEST and last <= _LATEST):
            if (not era and first % 100 == 0 and _is_duration(text, match)) or last < first:
                continue
            found.append(Years(first, last, words, at, "common"))
    return found


def _era(text: str, at: int) -> str:
    """The era that stands before a number of years: 公元前, 公元, 前, or nothing."""
    if at and text[at - 1] in "元前":
        for era in ("公元前", "公元"):
            if text.endswith(era, 0, at):
                return era
        if _BEFORE_COMMON.match(text, at - 1):
            return "前"
    return ""


def _is_duration(text: str, match: re.Match[str]) -> bool:
    """Whether a round number of years is a length of time: `距今2000年`, `1000年来`."""
    before = text[max(0, match.start() - 2) : match.start()]
    return _DURATION.match(match["after"]) is not None or _DURATION_BEFORE.search(before) is not None


def _listed(text: str) -> list[Years]:
    """The years of a list but the last, `1986、1988、1990年`."""
    found = []
    for match in _LISTED.finditer(text):
        year = int(match["year"])
        if _EARLIEST <= year <= _LATEST:
            found.append(Years(year, year, match["year"], match.start(), "common"))
    return found


def _digits(text: str) -> list[Years]:
    found = []
    for match in _DIGITS.finditer(text):
        first = year_digits(match["first"])
        last = year_digits(match["last"]) if match["last"] else first
        if _EARLIEST <= first <= last <= _LATEST:
            found.append(Years(first, last, match[0], match.start(), "common"))
    return found


def _republic(text: str) -> list[Years]:
    found = []
    for match in _REPUBLIC.finditer(text):
        first, last = number(match["first"]), number(match["last"] or match["first"])
        if first and last and first <= last <= 38:
            found.append(_stated(text, match, Years(1911 + first, 1911 + last, match[0], match.start(), "republic")))
            found += _next(text, match.end(), last, 1912, 1949, "republic")
    return found


def _next(
    text: str, at: int, ordinal: int, first: int, last: int, calendar: Literal["republic", "reign"]
) -> list[Years]:
    """The years that follow one in a list and are named by their number alone: later ones, of the same era.

    Args:
        text: The text.
        at: Where the year before them ends.
        ordinal: Its number.
        first: First year of the era.
        last: Its last year.
        calendar: What it is of.
    """
    found: list[Years] = []
    while match := _NEXT.match(text, at):
        later = number(match["next"])
        if not later or later <= ordinal or first + later - 1 > last:
            break
        year = first + later - 1
        found.append(Years(year, year, match[0][1:], match.start() + 1, calendar))
        at, ordinal = match.end(), later
    return found


def _reigns(text: str) -> list[Years]:
    pattern, ending, reigns = _table()
    found: list[Years] = []
    matches: dict[int, re.Match[str]] = {}
    for end in ending.finditer(text):
        for match in pattern.finditer(text, max(0, end.start() - _LONGEST_REIGN), end.end()):
            if match.end() == end.end():
                matches[match.start()] = match  # of 元年至三年 the whole is found last
    for match in matches.values():
        dynasty = (match["dynasty"] or "").removesuffix("朝").removesuffix("代")
        dynasty = "宋" if dynasty in ("北宋", "南宋") else dynasty
        ordinal = number(match["first"]) if match["first"] else 0
        until = number(match["last"]) if match["last"] else ordinal
        earlier = number(match["listed"]) if match["listed"] else ordinal
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
        if earlier and ordinal and earlier < ordinal:
            year = reign.first + earlier - 1
            words = match[0][: match.end("listed") - match.start()]
            found.append(Years(year, year, words, match.start(), "reign"))
            at = match.start("first")
            words = match[0][at - match.start() :]
            found.append(Years(reign.first + ordinal - 1, reign.first + until - 1, words, at, "reign"))
        elif match["listed"]:
            continue
        else:
            years = (reign.first + ordinal - 1, reign.first + until - 1) if ordinal else (reign.first, reign.last)
            found.append(_stated(text, match, Years(*years, match[0], match.start(), "reign")))
        if ordinal:
            found += _next(text, match.end(), until, reign.first, reign.last, "reign")
    return found


def _stated(text: str, match: re.Match[str], years: Years) -> Years:
    """With the year in brackets behind it, if that is another. The end of a Chinese year falls into our next."""
    stated = _STATED.match(text, match.end())
    if stated and not years.first <= int(stated["year"]) <= years.last + 1:
        return replace(years, stated=int(stated["year"]))
    return years


@cache
def _table() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, list[Reign]]]:
    """A pattern for a year of a reign, one for what it ends with (few places are worth a search), and the reigns."""
    reigns: dict[str, list[Reign]] = {}
    lines = (resources.files(__package__) / "reigns.tsv").read_text("utf-8").splitlines()
    for line in lines:
        if line and not line.startswith(("#", "dynasty\t", "民国\t")):
            dynasty, era, first, last, named = line.split("\t")
            reigns.setdefault(era, []).append(Reign(dynasty, int(first), int(last), named == "1"))
    eras = "|".join(sorted(reigns, key=len, reverse=True))
    dynasties = "|".join(sorted({"北宋", "南宋"} | {one.dynasty for many in reigns.values() for one in many}, key=len,
                                reverse=True))  # fmt: skip
    last = "".join(sorted({era[-1] for era in reigns}))
    return (
        re.compile(
            rf"(?P<dynasty>(?:{dynasties})[朝代]?)?[·\u2022]?(?P<era>{eras})"
            rf"(?:(?:(?P<listed>{_NUMERAL}){_AND})?(?P<first>{_NUMERAL})年?(?:{_TO}(?:(?P=era))?(?P<last>{_NUMERAL}))?年"
            r"|年间|(?(dynasty)(?:间|时期?)|(?!)))"
        ),
        re.compile(
            "年(?:(?<=[元一二三四五六七八九十廿卅0-9]年)(?<![0-9]{3}年)(?<![〇○零一二三四五六七八九]{3}年)|间)"
            f"|间(?<=[{last}]间)|时(?<=[{last}]时)期?"
        ),
        reigns,
    )
