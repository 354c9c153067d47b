"""Years and places of an entry, as tokens of an index: what filters and counts by them go by.

An entry is of the years that its text, its title or the headings above it name; if none of them names any, of those
of its book. It is of the counties and cities that its text, its title, its book or its library names in full. The
rules are those of `mirror.extraction.structure`; what they are not sure of is no fact here either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from mirror.errors import UsageError
from mirror.extraction.structure.places import codes_of, name_of, read_places
from mirror.extraction.structure.year import Years
from mirror.extraction.structure.years import read_years, title_years

#: A longer span in a text, such as a dynasty, says too little about each of its years; one in a title counts.
LONGEST_SPAN = 120
_LONGEST_TITLE = 1000
#: Every year ends in 年. What says which one it is stands so many characters before, and so many behind;
#: a list of years, of these characters, may be longer.
_BEFORE, _BEHIND = 40, 12
_OF_LISTS = frozenset("0123456789０１２３４５６７８９、和及与")


def facts(title: str, path: Sequence[str], text: str, book: str | None, library: str | None) -> list[str]:
    """Tokens, sorted: `y1986`, `b209` (before the common era), `p371728`."""
    titled = [years for one in (title, *path) if (years := _title_years(one))]
    of_book = _title_years(book or "")
    about = titled[0] if titled else of_book
    first, last = (about.first, about.last) if about else (None, None)
    said = read_years(_around_years(text), (about.first, about.last, about.words) if about else None)
    years_found = {*_years(titled, _LONGEST_TITLE), *_years(said, LONGEST_SPAN)}
    if not years_found and of_book:
        years_found.update(_years([of_book], _LONGEST_TITLE))
    codes = {code.code for place in read_places(text, first, last) for code in place.codes}
    for one in (title, book or "", library or ""):
        codes.update(_codes_in(one))
    return sorted({*years_found, *(f"p{code}" for code in codes if not code.endswith("0000"))})


_title_years = lru_cache(maxsize=4096)(title_years)


def _around_years(text: str) -> str:
    """What of a text may say years: most of it need not be read for them."""
    pieces, start, end = list[str](), 0, 0
    at = text.find("年")
    while at >= 0:
        first = max(at - _BEFORE, 0)
        while first > end and text[first - 1] in _OF_LISTS:
            first -= 1
        if first > end:
            pieces.append(text[start:end])
            start = first
        end = at + _BEHIND
        at = text.find("年", at + 1)
    return "\n".join([*pieces, text[start:end]])


def _years(named: Iterable[Years], longest: int) -> Iterator[str]:
    for years in named:
        if years.last - years.first <= longest:
            for year in range(years.first, years.last + 1):
                yield _year(year)


def _year(year: int) -> str:
    return f"y{year}" if year >= 0 else f"b{-year}"


@lru_cache(maxsize=4096)
def _codes_in(title: str) -> frozenset[str]:
    return frozenset(code.code for place in read_places(title) for code in place.codes)


def of_years(first: int, last: int) -> list[str]:
    """Tokens of which an entry of these years has one. Raises UsageError if none can be asked for."""
    if last < first:
        raise UsageError(f"years {first} to {last}: the last is before the first")
    if first > 2100 or last < -3000:
        raise UsageError(f"years {first} to {last}: no entry is of these; ask for years from -3000 to 2100")
    return [_year(year) for year in range(max(first, -3000), min(last, 2100) + 1)]


def of_place(place: str) -> list[str]:
    """Tokens, or beginnings of tokens ended by `*`, of which an entry of this place has one.

    Args:
        place: A county or city by any name it has had since 1980, or a GB/T 2260 code. Counties belong to their city.

    Raises:
        UsageError: The table of divisions has no such place.
    """
    place = place.strip()
    codes = [place] if name_of(place.ljust(6, "0")) and len(place) in (2, 4, 6) else []
    codes = codes or [code.code for code in codes_of(place)]
    if not codes:
        raise UsageError(
            f"place {place!r}: no county or city of the table of divisions. Write it in full, such as 沂水县"
        )
    return sorted({f"p{_significant(code)}{'' if len(_significant(code)) == 6 else '*'}" for code in codes})


def _significant(code: str) -> str:
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


def has_one(found: Iterable[str], wanted: Sequence[str]) -> bool:
    """Whether an entry with these tokens has one of those wanted."""
    exact = {one for one in wanted if not one.endswith("*")}
    begins = tuple(one[:-1] for one in wanted if one.endswith("*"))
    return any(one in exact or (bool(begins) and one.startswith(begins)) for one in found)


def as_expression(wanted: Sequence[str]) -> str:
    """Wanted tokens as FTS5 wants them."""
    return "(" + " OR ".join(f'"{one[:-1]}" *' if one.endswith("*") else f'"{one}"' for one in wanted) + ")"


@lru_cache(maxsize=1 << 14)
def decade_of(token: str) -> str | None:
    """The ten years of a year's token, such as `1980`; None for other tokens and before the common era."""
    return f"{int(token[1:]) // 10 * 10}" if token.startswith("y") else None


@lru_cache(maxsize=1 << 14)
def place_name(token: str) -> str | None:
    """The newest name of a place's token; None for other tokens."""
    return name_of(token[1:]) if token.startswith("p") else None
