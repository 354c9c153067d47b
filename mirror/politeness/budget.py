"""The daily budget: so many requests, so many bytes, and not one more."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


class Budget:
    """Counts what a day has cost. Requests are counted before they leave, so that none is one too many.

    Args:
        requests: Most requests a day; 0 for no limit.
        size_bytes: Most bytes a day; 0 for no limit. The answer that passes it is the last.
        zone: Whose midnight begins a day.
        spent: Requests and bytes of a day so far, by its date.
        spend: Told what is added to a day, now and then (`flush`).
    """

    def __init__(
        self,
        requests: int,
        size_bytes: int,
        zone: ZoneInfo,
        spent: Callable[[str], tuple[int, int]],
        spend: Callable[[str, int, int], None],
    ) -> None:
        self._most_requests = requests
        self._most_bytes = size_bytes
        self._zone = zone
        self._spent = spent
        self._spend = spend
        self._day = ""
        self._midnight = datetime.min.replace(tzinfo=UTC)
        self._requests = self._bytes = 0
        self._new_requests = self._new_bytes = 0

    @property
    def used(self) -> tuple[int, int]:
        """Requests and bytes of the day of the last request."""
        return self._requests, self._bytes

    def left(self, page_bytes: float = 0.0) -> int | None:
        """Requests left of the day of the last request; None if there is no limit.

        Args:
            page_bytes: What a request costs on the average; 0 if that is not known, then bytes limit nothing yet.
        """
        limits = []
        if self._most_requests:
            limits.append(self._most_requests - self._requests)
        if self._most_bytes and page_bytes:
            limits.append(math.ceil((self._most_bytes - self._bytes) / page_bytes))
        return max(0, min(limits)) if limits else None

    def take(self, now: datetime) -> datetime | None:
        """Take one request out of the budget. Returns when the next day begins if there is none left."""
        if now >= self._midnight or not self._day:
            self._begin_day(now)
        if self._most_requests and self._requests >= self._most_requests:
            return self._midnight
        if self._most_bytes and self._bytes >= self._most_bytes:
            return self._midnight
        self._requests += 1
        self._new_requests += 1
        return None

    def add_bytes(self, size: int) -> None:
        self._bytes += size
        self._new_bytes += size

    def flush(self) -> None:
        """Hand what was counted since the last time to whoever keeps it."""
        if self._new_requests or self._new_bytes:
            self._spend(self._day, self._new_requests, self._new_bytes)
            self._new_requests = self._new_bytes = 0

    def _begin_day(self, now: datetime) -> None:
        self.flush()
        local = now.astimezone(self._zone)
        self._day = local.date().isoformat()
        self._midnight = datetime.combine(local.date() + timedelta(days=1), time(), self._zone).astimezone(UTC)
        self._requests, self._bytes = self._spent(self._day)
