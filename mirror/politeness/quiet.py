"""Quiet hours: times of the day in which the source is not asked anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WINDOW = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–—]\s*(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Windows of local time, over midnight too; 08:00-12:00 is quiet at 08:00 and not at 12:00.

    Days on which the local clock is changed are taken care of: a time that comes twice begins the quiet when it
    first comes and ends it when it last comes; one that is left out does so where the clock leaps.
    """

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
            begin = time(int(match[1]), int(match[2]))
            end = time(int(match[3]), int(match[4])) if match[3] else time()
            if begin == end and match[3]:
                raise ValueError(f"{text!r} has no length")
            found.append((begin, end))
        if _fill_the_day(found):
            named = " and ".join(map(repr, windows))
            verb, whom = ("leaves", "it") if len(windows) == 1 else ("leave", "one")
            raise ValueError(f"{named} {verb} no time of the day to ask anything; shorten {whom}")
        return cls(tuple(found), ZoneInfo(zone))

    def until(self, now: datetime) -> datetime | None:
        """When the quiet that reigns at `now` ends, in UTC; None if it does not reign. Windows that touch are one."""
        end = moment = now.astimezone(UTC)
        # Windows leave a part of each day, so that every one of them is passed twice at most.
        for _ in range(2 * len(self.windows)):
            later = max(self._end_of(window, moment) for window in self.windows)
            if later <= moment:
                break
            end = moment = later
        return end if end > now else None

    def _end_of(self, window: tuple[time, time], moment: datetime) -> datetime:
        """When the window that covers `moment` ends; `moment` if it does not."""
        begin, end = window
        today = moment.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            last = day + timedelta(days=1) if end <= begin else day
            if min(self._instants(day, begin)) <= moment < (finish := max(self._instants(last, end))):
                return finish
        return moment

    def _instants(self, day: date, at: time) -> tuple[datetime, datetime]:
        """Both readings of a local time (PEP 495); one and the same but when the clock is changed."""
        local = datetime.combine(day, at, self.zone)
        return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _fill_the_day(windows: Sequence[tuple[time, time]]) -> bool:
    quiet: set[int] = set()
    for begin, end in windows:
        first, last = begin.hour * 60 + begin.minute, end.hour * 60 + end.minute
        quiet.update(range(first, last) if first < last else (*range(first, 24 * 60), *range(last)))
    return len(quiet) == 24 * 60
