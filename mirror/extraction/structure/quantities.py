"""Quantities: number, unit, and the words before them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from mirror.extraction.structure.numerals import widen

_UNITS = (
    "平方公里|平方千米|平方米|立方米|千瓦时|个百分点|公顷|公里|千米|公斤|千克|厘米|毫米|海里|千瓦|马力|美元|人次|元|人|户|亩|吨"
    "|米|里|尺|寸|斤|石|担|头|只|匹|辆|台|艘|座|所|处|家|个|项(?!目)|件|卷|册|种|条|眼|株|棵|间|套|部|名|位|℃|%|％|‰"
)  #: the longer ones first
_SCALES = {"": Decimal(1), "百": Decimal(100), "千": Decimal(1000), "万": Decimal(10_000), "亿": Decimal(10**8),
           "百万": Decimal(10**6), "千万": Decimal(10**7), "万亿": Decimal(10**12)}  # fmt: skip
_QUANTITY = re.compile(
    r"(?<![0-9.\-—―－第:：/])(?P<number>[0-9]{1,3}(?:[,，][0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    rf"(?P<some>[余多])?(?P<scale>百万|千万|万亿|百|千|万|亿)?(?P<more>[余多])?(?P<unit>{_UNITS})(?![大小中])"
)
#: The clause before a number, if it begins after a punctuation mark: not if it begins in another quantity.
_BEFORE = re.compile(
    r"(?:\A|[，。；：、！？（）()\n“”《》【】,;:!?])([^，。；：、！？（）()\n“”《》【】,;:!?0-9%％]{1,16})\Z"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit."""

    value: Decimal
    unit: str
    about: bool  #: 余 or 多: somewhat more
    what: str | None  #: the clause before it, as it stands; None if it is long or holds another number
    words: str
    at: int


def read_quantities(text: str) -> list[Quantity]:
    """The quantities written in figures with a unit of the list, in order; ordinals, years and ratios are none."""
    wide = widen(text).replace("．", ".")
    found = []
    for match in _QUANTITY.finditer(wide):
        value = Decimal(match["number"].replace(",", "").replace("，", "")) * _SCALES[match["scale"] or ""]
        unit = match["unit"]
        before = _BEFORE.search(wide[max(0, match.start() - 17) : match.start()])
        found.append(
            Quantity(
                value,
                "%" if unit == "％" else unit,
                bool(match["some"] or match["more"]),
                before[1].strip(" \u3000") or None if before else None,
                text[match.start() : match.end()],
                match.start(),
            )
        )
    return found
