"""Chinese numerals to numbers."""

from __future__ import annotations

import re

_DIGITS = {digit: value for value, digits in enumerate(("〇零○", "一壹元", "二贰两", "三叁", "四肆", "五伍", "六陆",
                                                        "七柒", "八捌", "九玖")) for digit in digits}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "廿": 20, "卅": 30}
WIDE_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")


def widen(text: str) -> str:
    """The text with full-width digits made ASCII, one for one, so that places in it stay valid."""
    return text.translate(WIDE_DIGITS)


def number(words: str) -> int | None:
    """The number a numeral stands for: `元`, `二十二`, `廿一`, `一百零八`, `12`; None if it is none."""
    if re.fullmatch("[0-9]{1,9}", words):
        return int(words)
    total, last = 0, 0
    for character in words:
        if character in _DIGITS:
            last = _DIGITS[character]
        elif character in ("廿", "卅"):
            total += _TENS[character]
            last = 0
        elif character in _TENS:
            total += (last or 1) * _TENS[character]
            last = 0
        else:
            return None
    return total + last if words else None


def year_digits(words: str) -> int:
    """`一九九〇` read digit by digit."""
    return int("".join(str(_DIGITS[character]) for character in words))
