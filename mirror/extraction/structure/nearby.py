"""Years that only what stands near them makes certain: `80年代`, `同年`, `次年`, `86年5月`.

Each needs a year to be counted from: the last one said before it in the same paragraph, or else the years that the
entry or its book is about. Where two readings are possible, or anything between might be another year, there is none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from mirror.extraction.structure.numerals import number, year_digits
from mirror.extraction.structure.year import About, Years

#: Whoever writes of years from here on writes of no older century without naming it.
_MODERN = 1912
#: A year said so many characters before is no longer the one just said.
_REACH = 150
#: So many years behind a year just said, two digits still mean one of its century.
_SOON = 20
_LATEST = 2090  #: no decade begins later

_TO = "(?:--|——|──|[-—―－–~～至到])"
_CENTURY = "(?P<century>[1-9][0-9]|十[七八九]|二十)世纪的?"
_FEW = "[二三四五六七八九]"
_TENS = rf"(?:(?:1[0-9]|20)[1-9]0|[2-9]0|{_FEW}十)"
_PART = "(?:[初中末前后早晚]期?|[前后]半期)?"
#: Not 年代表, a delegate of that year.
ERA_AFTER = "代(?![表理替课办购销征耕食价])"
_ERA = "年" + ERA_AFTER
#: `80年代`, `20世纪80年代末至90年代初`, `六七十年代`, `60、70年代`; not 上世纪80年代.
_DECADE = re.compile(
    rf"(?<![0-9.一二三四五六七八九十百千])(?:{_CENTURY}|(?<!纪)(?<!纪的))"
    rf"(?P<first>{_TENS}|{_FEW}(?=、?{_FEW}十年代))"
    rf"(?:(?:{_ERA}{_PART})?(?P<to>{_TO}|、|(?<={_FEW})(?={_FEW}十))(?P<last>{_TENS}))?{_ERA}"
)
_START = "，。；：！？、（(“\\s"
_RELATIVE = re.compile(
    rf"(?:同(?<![^{_START}于至到自从在及].)年|(?P<next>[次翌](?<![^{_START}于至到自从在及].)年)|是(?<![^{_START}].)年)"
    "(?![级龄代纪轻产均限资生份])"
)
_MONTH = "(?:1[0-2]|[1-9]|[一二三四五六七八九]|十[一二]?)月"
_SHORT_START = rf"(?<![^{_START}自从于至到在].)"
_SHORT = re.compile(
    rf"(?:(?P<figures>[2-9]{_SHORT_START}[0-9])|(?P<digits>[二三四五六七八九]{_SHORT_START}[〇○零一二三四五六七八九]))年"
    rf"(?={_MONTH}|[夏秋冬底初末]|春(?!秋))"
)
#: What may be another year between: then none is the one just said.
_OTHER_YEAR = re.compile(
    "[0-9〇○零一二三四五六七八九十廿卅元]年|[去前明后]年|世纪|年间|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]"
)
_IN_BRACKETS = re.compile(r"[（(][^）)]*\Z")


def read_nearby(text: str, said: Sequence[Years], about: About | None = None) -> list[Years]:
    """The decades, relative and short years of a text, in order.

    Args:
        text: The text, its digits ASCII, its characters simplified.
        said: The years that it names in full, in order.
        about: First and last year that the entry or book is about, and the words that say so.
    """
    found: list[Years] = []
    if "年代" in text:
        found += _decades(text, said, about)
    if said or about:
        found += _shorts(text, said, about)
    if any(word in text for word in ("同年", "是年", "次年", "翌年")):
        found += _relatives(text, sorted([*said, *found], key=attrgetter("at")))
    return found


def _before(text: str, at: int, *said: Sequence[Years]) -> Years | None:
    """The last year said before a place, in the same paragraph.

    Args:
        text: The text.
        at: The place.
        said: Years, each list in order.
    """
    places = [(many, bisect_left(many, at, key=attrgetter("at"))) for many in said]
    last = max((many[place - 1] for many, place in places if place), key=attrgetter("at"), default=None)
    return None if last is None or text.find("\n", last.at, at) >= 0 else last


# --- decades -------------------------------------------------------------------------------------------


def _decades(text: str, said: Sequence[Years], about: About | None) -> list[Years]:
    found: list[Years] = []
    for match in _DECADE.finditer(text):
        by: str | None = None
        first = _tens(match["first"])
        last = _tens(match["last"]) if match["last"] else first
        if first >= 1000:
            last += 0 if last >= 1000 else first // 100 * 100
        elif last >= 1000:
            continue
        else:
            if match["century"]:
                century = ((number(match["century"]) or 0) - 1) * 100
            else:
                told = _century(max(first, last), _before(text, match.start(), said, found), about)
                if told is None:
                    continue
                century, by = told
            first, last = century + first, century + last
        if match["to"] in ("", "、") and last != first + 10:
            continue  # 50年代、80年代 are no span
        if first <= last <= _LATEST:
            found.append(Years(first, last + 9, match[0], match.start(), "common", by=by))
    return found


def _tens(words: str) -> int:
    """The year a decade begins with, its century left out where the words leave it out."""
    value = number(words) or 0
    return value * 10 if value < 10 else value


def _century(tens: int, before: Years | None, about: About | None) -> tuple[int, str] | None:
    """The century of a decade, and the words that tell it; None where another is possible."""
    told = (before.first, before.last, before.words) if before else about
    if told is None or told[0] < _MODERN or 2000 + tens <= told[1]:
        return None
    return 1900, told[2]


# --- two digits ----------------------------------------------------------------------------------------


def _shorts(text: str, said: Sequence[Years], about: About | None) -> list[Years]:
    found: list[Years] = []
    for match in _SHORT.finditer(text):
        last_two = int(match["figures"]) if match["figures"] else year_digits(match["digits"])
        before = _before(text, match.start(), said)
        if before is not None and (before.calendar != "common" or before.first < _MODERN):
            continue
        told: list[tuple[int, str]] = []
        for year in (1900 + last_two, 2000 + last_two):
            if before is not None and before.last <= year <= before.last + _SOON:
                told.append((year, before.words))
            elif about and about[0] >= _MODERN and about[0] <= year <= about[1]:
                told.append((year, about[2]))
        if len(told) == 1:
            year, by = told[0]
            found.append(Years(year, year, match[0], match.start(), "common", by=by))
    return found


# --- the same year, the next ---------------------------------------------------------------------------


def _relatives(text: str, said: Sequence[Years]) -> list[Years]:
    found: list[Years] = []
    for match in _RELATIVE.finditer(text):
        at = match.start()
        before = _before(text, at, said, found)
        if before is None or before.first != before.last or before.stated is not None:
            continue
        between = text[before.at + len(before.words) : at]
        if len(between) > _REACH or _OTHER_YEAR.search(between) or _is_aside(text, before, between, said):
            continue
        year = before.first + (1 if match["next"] else 0)
        if year:  # there is none between 1 before and 1 of the common era
            by = f"{before.by}…{before.words}" if before.by else before.words
            found.append(Years(year, year, match[0], at, before.calendar, by=by))
    return found


def _is_aside(text: str, year: Years, between: str, said: Sequence[Years]) -> bool:
    """Whether a year stands in brackets closed since, and is not the one before the brackets over again."""
    if "）" not in between and ")" not in between:
        return False
    opening = _IN_BRACKETS.search(text, max(0, year.at - 40), year.at)
    if not opening:
        return False
    return not any(one.first == one.last == year.first and one.at + len(one.words) == opening.start() for one in said)
