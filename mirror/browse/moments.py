"""Instants as they stand in addresses: digits alone, `20261124203428` and up to six more for the fraction."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_DIGITS = re.compile(r"\d{4}(?:\d\d){0,5}(?:\d{1,6})?", re.ASCII)
_LATEST = "99991231235959999999"


def digits(timestamp: str) -> str:
    """A WARC-Date as it stands in an address; sorts as the time does."""
    return re.sub(r"\D", "", timestamp)


def instant(text: str) -> str | None:
    """The instant some digits mean, as a WARC-Date; what is left out counts to its end. None if it is none.

    `2026` is the last moment of 2026, so that "as of 2026" holds all of that year.
    """
    if not _DIGITS.fullmatch(text):
        return None
    whole = text
    if len(text) < 14:
        whole = text + _LATEST[len(text) : 14]
        if len(text) <= 6:
            month = int(whole[4:6])
            whole = whole[:6] + f"{_last_day(int(whole[:4]), month):02d}" + whole[8:]
    try:
        moment = datetime.strptime(whole[:14], "%Y%m%d%H%M%S")
    except ValueError:
        return None
    fraction = whole[14:].ljust(6, "0") if len(text) > 14 else "999999"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}Z" if moment.year >= 1000 else None


def _last_day(year: int, month: int) -> int:
    return monthrange(year, month)[1] if year and 1 <= month <= 12 else 99


def http_date(timestamp: str) -> str:
    """A WARC-Date as HTTP has it, to the second (RFC 9110, 5.6.7)."""
    return format_datetime(datetime.fromisoformat(timestamp).astimezone(UTC).replace(microsecond=0), usegmt=True)


def from_http_date(text: str) -> str | None:
    """The instant of an Accept-Datetime (RFC 7089, 2.1.1), as a WARC-Date; None if it is none."""
    try:
        moment = parsedate_to_datetime(text.strip())
        if moment.tzinfo is None:
            return None
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.999999Z")
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
