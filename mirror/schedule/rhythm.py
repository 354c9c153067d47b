"""When a run is due. Pure: values in, a decision out.

The timer of the system only wakes us; whether a run is due is decided here, from when the last one began. So a run
that was missed (machine off, asleep, clock changed) is made up once, however many were missed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EVERY = re.compile(r"([1-9][0-9]{0,3})\s*(h|d|w)")
_AT = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_HOURS = {"h": 1, "d": 24, "w": 168}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every so many hours or days, at a local time of the day."""

    hours: int  #: between two runs; whole days if it is a multiple of 24
    at: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, every: str, at: str, zone: str) -> Rhythm:
        """From texts such as "7d" and "02:00". Raises ValueError, saying what is allowed."""
        span, moment = _EVERY.fullmatch(every.strip()), _AT.fullmatch(at.strip())
        if not span:
            raise ValueError(f"{every!r} is no span; write hours, days or weeks as 6h, 7d or 2w")
        if not moment:
            raise ValueError(f"{at!r} is no time of the day; write it as 02:00")
        return cls(int(span[1]) * _HOURS[span[2]], time(int(moment[1]), int(moment[2])), ZoneInfo(zone))

    def next_after(self, began: datetime) -> datetime:
        """When the next run is due after one that began at an instant (both in UTC)."""
        local = began.astimezone(self.zone)
        if self.hours % 24 == 0:
            day = local.date() + timedelta(days=self.hours // 24)
            return datetime.combine(day, self.at, self.zone).astimezone(UTC)
        # Slots of the day are counted from `at`; an instant belongs to the slot before it.
        slot = datetime.combine(local.date(), self.at, self.zone).astimezone(UTC)
        span = timedelta(hours=self.hours)
        return slot + span * ((began - slot) // span + 1)

    def is_due(self, began: datetime | None, now: datetime) -> bool:
        """Whether a run is due.

        Args:
            began: When the last one began; None if there was none. If it lies in the future, the clock has been
                set back since: then a run is due, for nobody knows how long ago it was.
            now: The time, in UTC.
        """
        return began is None or began > now or self.next_after(began) <= now

    def missed(self, began: datetime, now: datetime) -> int:
        """How many runs were due, and not made, before the one that is due now."""
        due, count = self.next_after(began), 0
        while (due := self.next_after(due)) <= now:
            count += 1
        return count

    @property
    def times_of_day(self) -> list[time]:
        """Local times at which it is worth looking whether a run is due."""
        if self.hours % 24 == 0:
            return [self.at]
        if 24 % self.hours:
            return [time(hour, self.at.minute) for hour in range(24)]
        return sorted(time((self.at.hour + step) % 24, self.at.minute) for step in range(0, 24, self.hours))
