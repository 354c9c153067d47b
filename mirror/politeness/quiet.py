"""Quiet hours: times of the day in which the source is not asked anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WINDOW = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]|24):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Windows of local time, over midnight too; 08:00-12:00 is quiet at 08:00 and not at 12:00."""

    windows: tuple[tuple[time, time], ...]
    zone: ZoneInfo

    @classmethod
    def parse(cls, windows: Sequence[str], zone: str) -> QuietHours:
        """From texts such as "23:30-01:00". Raises ValueError, saying what is allowed."""
        found = []
        for text in windows:
            match = _WINDOW.fullmatch(text.strip())
            if not match:
                raise ValueError(f"{text!r} is no span of time; write it as 08:00-12:00, in 24 hours")
            hours = [int(part) for part in match.groups()]
            begin, end = time(hours[0], hours[1]), time(hours[2] % 24, hours[3])
            if begin == end:
                raise ValueError(f"{text!r} has no length")
            found.append((begin, end))
        return cls(tuple(found), ZoneInfo(zone))

    def until(self, now: datetime) -> datetime | None:
        """When the quiet that reigns at `now` ends, in UTC; None if it does not reign.

        Windows that touch are one quiet. Local clock changes are the zone's business: each end is worked out as
        local time of its own day.
        """
        end = moment = now.astimezone(UTC)
        for _ in range(2 * len(self.windows) + 1):
            later = max((self._end_of(window, moment) for window in self.windows), default=moment)
            if later <= moment:
                break
            end = moment = later
        return end if end > now else None

    def _end_of(self, window: tuple[time, time], moment: datetime) -> datetime:
        begin, end = window
        today = moment.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            start = datetime.combine(day, begin, self.zone).astimezone(UTC)
            last = day + timedelta(days=1) if end <= begin else day
            finish = datetime.combine(last, end, self.zone).astimezone(UTC)
            if start <= moment < finish:
                return finish
        return moment
