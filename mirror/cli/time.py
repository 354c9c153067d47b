"""Times as people write them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mirror.errors import UsageError


def instant(text: str) -> str:
    """A date (its last moment, UTC) or an RFC 3339 time, as a WARC-Date that sorts as text.

    Raises:
        UsageError: It is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no time: write a date such as 2026-11-24, or 2026-11-24T02:00:00Z") from None
    if len(text) == 10:
        moment += timedelta(days=1, microseconds=-1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
