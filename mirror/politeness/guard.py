"""The guard: every request passes it, and is made to wait, or is told no.

Ties robots.txt, pace, Retry-After, quiet hours, the daily budget and the circuit breaker together. It waits on
two clocks: rhythm on the monotonic one, promises to the source (Retry-After, quiet hours) on the wall clock, so
that a suspended machine or a corrected clock breaks neither.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mirror.politeness.budget import Budget
from mirror.politeness.pace import Pace
from mirror.politeness.quiet import QuietHours
from mirror.politeness.robots import RobotsPolicy

#: What is further away nobody can mean: it would bar a collection for ever, and the year 9999 has no local time.
_LONGEST_REST = timedelta(days=366)


class Disallowed(Exception):
    """robots.txt says no."""


class AskedToStop(Exception):
    """Nothing further is to be asked in this run; the message says why."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Someone waits, and why. `until` is None for the ordinary delay."""

    reason: str
    until: datetime


class Guard:
    """Politeness towards one host.

    Args:
        pace: The rhythm.
        budget: The day's allowance.
        quiet: When to ask nothing.
        concurrency: Requests at once.
        longest_wait_s: A longer wait is not waited out: the run ends, the next one goes on.
        most_failures: So many failures or block pages in a row end the run.
        on_waiting: Told when a wait of more than some seconds begins.
    """

    def __init__(
        self,
        pace: Pace,
        budget: Budget,
        quiet: QuietHours,
        *,
        concurrency: int,
        longest_wait_s: float,
        most_failures: int,
        on_waiting: Callable[[Waiting], None] = lambda waiting: None,
    ) -> None:
        self.pace = pace
        self.budget = budget
        self.robots: RobotsPolicy | None = None
        self.waited_s: Counter[str] = Counter()
        self._quiet = quiet
        self._room = asyncio.Semaphore(concurrency)
        self._turn = asyncio.Lock()
        self._longest_wait_s = longest_wait_s
        self._most_failures = most_failures
        self._failures = 0
        self._on_waiting = on_waiting
        self._host_until: datetime | None = None
        self._stopped: str | None = None
        self._wake = asyncio.Event()

    # -- before a request ------------------------------------------------------------------------------

    async def enter(self, url: str, *, is_robots: bool = False) -> None:
        """Wait for a turn to ask `url`. Call `leave` when the exchange is over.

        Raises:
            Disallowed: robots.txt says no.
            AskedToStop: The run is over: budget spent, told to stop, or the wait would be too long.
        """
        if not is_robots and (self.robots is None or not self.robots.allowed(url)):
            raise Disallowed(self.robots.reason if self.robots else "robots.txt is not known yet")
        self._check()
        await self._room.acquire()
        try:
            async with self._turn:
                await self._wait_for_turn()
                self.pace.started(time.monotonic())
        except BaseException:
            self._room.release()
            raise

    def leave(self) -> None:
        """The exchange is over, however it ended."""
        self._room.release()

    async def _wait_for_turn(self) -> None:
        while True:
            self._check()
            now = datetime.now(UTC)
            reason, until = "Retry-After", self._host_until
            quiet_until = self._quiet.until(now) if self._quiet.windows else None
            if quiet_until is not None and (until is None or quiet_until > until):
                reason, until = "静默时段 quiet hours", quiet_until
            if until is not None and until > now:
                await self._sleep_until(reason, until, now)
                continue
            self._host_until = None
            wait_s = self.pace.next_start(time.monotonic()) - time.monotonic()
            if wait_s > 0:
                await self._sleep(wait_s, "delay")
                continue
            spent_until = self.budget.take(now)
            if spent_until is not None:
                requests, size = self.budget.used
                raise AskedToStop(
                    f"the daily budget is spent ({requests} requests, {size} bytes); it begins anew at "
                    f"{spent_until.astimezone():%Y-%m-%d %H:%M}"
                )
            return

    async def _sleep_until(self, reason: str, until: datetime, now: datetime) -> None:
        wait_s = (until - now).total_seconds()
        if wait_s > self._longest_wait_s:
            raise AskedToStop(f"{reason}: nothing may be asked before {until.astimezone():%Y-%m-%d %H:%M:%S}")
        self._on_waiting(Waiting(reason, until))
        # In short steps: the wall clock may be set, and the machine suspended, while we sleep.
        await self._sleep(min(wait_s, 30.0), reason)

    async def _sleep(self, seconds: float, reason: str) -> None:
        self.waited_s[reason] += seconds  # type: ignore[assignment]
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    def _check(self) -> None:
        if self._stopped is not None:
            raise AskedToStop(self._stopped)

    async def pause(self, seconds: float) -> None:
        """Wait between two attempts at one URL. Raises AskedToStop if the run ends meanwhile."""
        await self._sleep(seconds, "retry")
        self._check()

    def count_request(self) -> None:
        """A request left that had no turn of its own (again on a fresh connection): it costs all the same."""
        self.budget.take(datetime.now(UTC))

    def statistics(self) -> dict[str, object]:
        """For the report: how long was waited and why, and how much slower than set the pace is."""
        requests, size_bytes = self.budget.used
        return {
            "delay_s": self.pace.delay_s,
            "slowed_by": round(self.pace.factor, 2),
            "waited_s": {reason: round(seconds, 1) for reason, seconds in self.waited_s.items()},
            "requests_today": requests,
            "bytes_today": size_bytes,
            "robots": self.robots.reason if self.robots else None,
        }

    # -- after a request -------------------------------------------------------------------------------

    def answered(self, seconds: float, size_bytes: int) -> None:
        """An answer came whole and willingly."""
        self.pace.answered(seconds)
        self.budget.add_bytes(size_bytes)

    def refused(self, size_bytes: int = 0) -> None:
        """No answer, a broken one, or a refusal (429, 5xx)."""
        self.pace.slow_down()
        self.budget.add_bytes(size_bytes)

    def stop_host(self, until: datetime) -> datetime:
        """The source asked not to be asked before an instant: the whole host, to the second, for a year at most.

        Returns:
            The instant that is kept to.
        """
        until = min(until, datetime.now(UTC) + _LONGEST_REST)
        if self._host_until is None or until > self._host_until:
            self._host_until = until
        return until

    def judged(self, good: bool, reason: str = "") -> None:
        """What came of a question in the end; too many bad ends in a row end the run.

        Raises:
            AskedToStop: The source has fallen silent, or blocks us.
        """
        if good:
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= self._most_failures:
            raise AskedToStop(
                f"{self._failures} questions in a row failed, the last: {reason}. The source is down or blocks us; "
                f"look at it in a browser, and crawl again later"
            )

    def stop(self, reason: str) -> None:
        """Nothing further; whoever waits is told now."""
        if self._stopped is None:
            self._stopped = reason
        self._wake.set()
