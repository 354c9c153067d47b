"""A year or a span of years, as a text says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: First and last year that an entry or a book is about, and the words that say so.
About = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Years:
    """A year or a span of years."""

    first: int  #: of the common era; before it, negative: 公元前209年 is -209
    last: int
    words: str  #: as the text has them
    at: int  #: where they stand in it
    calendar: Literal["common", "republic", "reign"]
    stated: int | None = None  #: the year in brackets behind it, where that is another than the conversion gives
    by: str | None = None  #: the words it was counted from, where its own do not say all: 1986年 for 同年
