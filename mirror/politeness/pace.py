"""Pace: when may the next request leave. A pure rule over instants; the guard does the waiting."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

#: Weight of a new answer in the running mean of answer times.
_WEIGHT = 0.1
#: An answer this many times slower than the best running mean is a sign of load.
_SLOW = 3.0
#: Answers are never called slow below this many seconds.
_SLOW_FLOOR_S = 0.5


@dataclass(slots=True)
class Pace:
    """The rhythm of requests to one host. Instants are seconds of a monotonic clock.

    Never faster than `delay_s` between two starts. When the host slows down or refuses, the delay grows by half
    each time, up to `slowest_factor` times; good answers bring it back slowly.

    Attributes:
        delay_s: Least seconds between the starts of two requests.
        jitter: Up to this part of the delay is added at random.
        slowest_factor: Bound of the slow-down.
        factor: How much slower than `delay_s` we are now.
    """

    delay_s: float
    jitter: float = 0.0
    slowest_factor: float = 16.0
    factor: float = 1.0
    stopped_until: float = 0.0
    _next: float = 0.0
    _mean_s: float | None = None
    _best_s: float | None = None
    _random: random.Random = field(default_factory=random.Random)

    def next_start(self, now: float) -> float:
        """The instant the next request may leave, `now` or later."""
        return max(now, self._next, self.stopped_until)

    def started(self, now: float) -> None:
        """A request leaves now."""
        delay = self.delay_s * self.factor
        self._next = now + delay * (1 + self._random.uniform(0, self.jitter)) if delay else now

    def stop_until(self, instant: float) -> None:
        """The host asked not to be asked before (Retry-After)."""
        self.stopped_until = max(self.stopped_until, instant)

    def answered(self, seconds: float) -> None:
        """A good answer took so long."""
        mean = seconds if self._mean_s is None else self._mean_s + _WEIGHT * (seconds - self._mean_s)
        self._mean_s = mean
        self._best_s = mean if self._best_s is None else min(self._best_s, mean)
        if mean > _SLOW_FLOOR_S and mean > _SLOW * self._best_s:
            self.slow_down(1.1)
        elif self.factor > 1.0:
            self.factor = max(1.0, self.factor * 0.97)

    def slow_down(self, by: float = 1.5) -> None:
        """The host refused, failed or is slow."""
        self.factor = min(self.slowest_factor, self.factor * by)
