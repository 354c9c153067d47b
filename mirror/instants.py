"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from mirror.errors import UsageError


def instant(text: str) -> str:
    """A date (its last moment, UTC) or an RFC 3339 time, as a WARC-Date that sorts as text.

    Raises:
        UsageError: It is neither.
    """
    try:
        moment = _last_moment(text) or datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: in UTC it lies before the year 1, or behind 9999
        raise UsageError(f"{text!r} is no time: write a date such as 2026-11-24, or 2026-11-24T02:00:00Z") from None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _last_moment(text: str) -> datetime | None:
    """The last moment of a date; None if it is none."""
    try:
        return datetime.combine(date.fromisoformat(text), time.max)
    except ValueError:
        return None
