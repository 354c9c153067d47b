"""When to ask again: what went wrong, how often it may, and how long to wait in between."""

from __future__ import annotations

import asyncio
import email.utils
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

import tenacity

from mirror.downloader.client import Client, ExchangeFailed
from mirror.downloader.framing import LATE_BYTES
from mirror.downloader.head import parse_status
from mirror.downloader.request import Field
from mirror.errors import MirrorError
from warc.capture import Capture, FailedAttempt
from warc.message import parse_head

Cause = Literal[
    "dns",
    "connect",
    "tls",
    "proxy",
    "timeout",  # silence, before the answer or in the middle of it
    "reset",
    "short",  # the head or the body broke off
    "protocol",  # bytes no answer can be made out of
    "408",
    "429",
    "500",
    "502",
    "503",
    "504",
]
_CAUSES: Final = frozenset(get_args(Cause))

Outcome = Capture | FailedAttempt


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often to ask because of one cause, and how long to wait: first, then twice as long, and so on."""

    attempts: int  #: with the first; 1 means not to ask again
    first_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """All numbers of asking again."""

    dns: Backoff = Backoff(4, 5.0, 120.0)
    connect: Backoff = Backoff(5, 5.0, 300.0)
    tls: Backoff = Backoff(2, 10.0, 10.0)
    proxy: Backoff = Backoff(3, 5.0, 60.0)
    timeout: Backoff = Backoff(4, 10.0, 300.0)
    reset: Backoff = Backoff(5, 5.0, 300.0)
    short: Backoff = Backoff(4, 2.0, 60.0)
    protocol: Backoff = Backoff(2, 5.0, 5.0)
    status_408: Backoff = Backoff(3, 5.0, 60.0)
    status_429: Backoff = Backoff(6, 30.0, 1800.0)
    status_500: Backoff = Backoff(3, 10.0, 120.0)
    status_502: Backoff = Backoff(4, 10.0, 300.0)
    status_503: Backoff = Backoff(5, 30.0, 900.0)
    status_504: Backoff = Backoff(4, 20.0, 300.0)
    attempts: int = 8  #: of all causes together
    jitter: float = 0.5  #: part of each wait that is added at random, so that workers do not march in step
    #: A Retry-After further away ends the attempts; the frontier may come back to it.
    longest_retry_after_s: float = 1800.0

    def backoff(self, cause: Cause) -> Backoff:
        """The numbers for one cause."""
        found = getattr(self, f"status_{cause}" if cause.isdigit() else cause)
        assert isinstance(found, Backoff)
        return found


class GaveUp(MirrorError):
    """Asked as often as the policy allows.

    Attributes:
        last: The last outcome; an answer such as 503 is a Capture and can be used like any other.
        cause: What was wrong with it.
        attempts: How often was asked.
        retry_after: When the server wants to be asked again, if it said so.
    """

    def __init__(self, last: Outcome, cause: Cause, attempts: int, retry_after: datetime | None = None) -> None:
        self.last = last
        self.cause = cause
        self.attempts = attempts
        self.retry_after = retry_after
        what = last.message if isinstance(last, FailedAttempt) else describe(last, cause)
        times = "once" if attempts == 1 else f"{attempts} times"
        super().__init__(f"{last.target_uri}: {what} (asked {times})")


def classify(outcome: Outcome) -> Cause | None:
    """What is wrong with an outcome and may be right next time; None if there is nothing to ask again for.

    A body that was cut because it is longer than we keep is not wrong, nor is a 404.
    """
    if isinstance(outcome, FailedAttempt):
        return outcome.cause if outcome.cause in _CAUSES else "protocol"  # type: ignore[return-value]
    if outcome.truncated == "time":
        return "timeout"
    if outcome.truncated in ("disconnect", "unspecified"):
        return "short"
    if LATE_BYTES in outcome.oddities:
        return "protocol"
    status = str(parse_status(outcome.head)[1])
    return status if status in _CAUSES else None  # type: ignore[return-value]


def describe(capture: Capture, cause: Cause) -> str:
    """What is wrong with a capture, in words."""
    if cause.isdigit():
        return f"the server answers with status {cause}"
    if cause == "protocol":
        return "the answer has no head"
    reason = "fell silent" if cause == "timeout" else "closed the connection"
    return f"the server {reason} after {capture.payload.size} bytes of the body"


def retry_after(fields: Sequence[Field], now: datetime) -> datetime | None:
    """When the server wants to be asked again (RFC 9110, 10.2.3); None if it does not say, or says nonsense.

    Takes seconds and all three forms of an HTTP date (5.6.7). A date gone by is returned as it is.

    Args:
        fields: Of the answer.
        now: The instant of the answer, in UTC.
    """
    for name, value in fields:
        if name.strip().lower() != b"retry-after":
            continue
        text = value.strip().decode("latin-1")
        try:
            if text.isascii() and text.isdigit():
                return now + timedelta(seconds=int(text[:12]))
            date = email.utils.parsedate_to_datetime(text)
            return (date.replace(tzinfo=UTC) if date.tzinfo is None else date).astimezone(UTC)
        except (ValueError, OverflowError, TypeError, IndexError):
            return None
    return None


async def fetch(
    client: Client,
    url: str,
    headers: Sequence[Field],
    policy: RetryPolicy,
    before_attempt: Callable[[], Awaitable[None]],
    after_attempt: Callable[[Outcome], None],
    *,
    method: str = "GET",
    body: bytes = b"",
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_dead: Callable[[FailedAttempt], None] | None = None,
) -> Capture:
    """Ask until there is a sound answer, or the policy says enough.

    Args:
        before_attempt: Awaited before each attempt; the place to keep a host's pace.
        after_attempt: Is given every outcome, sound or not, to archive it. It owns the payload of all
            captures but the one returned or raised in GaveUp, which the caller shares.
        sleep: Waits out the seconds between attempts.
        now: Tells the time in UTC.
        on_dead: Given requests that were sent on a dead connection and at once again on another.

    Raises:
        GaveUp: No sound answer came.
        ValueError: The request cannot be sent as it is.
        OSError: A body cannot be spooled to disk.
    """

    async def attempt() -> Outcome:
        await before_attempt()
        try:
            outcome: Outcome = await client.exchange(url, method=method, headers=headers, body=body, on_dead=on_dead)
        except ExchangeFailed as failure:
            outcome = failure.attempt
        after_attempt(outcome)
        return outcome

    first: Outcome | None = await attempt()
    assert first is not None
    if isinstance(first, Capture) and classify(first) is None:
        return first  # nearly always; the machinery below costs more than the exchange

    async def next_attempt() -> Outcome:
        nonlocal first
        outcome, first = first, None
        return outcome or await attempt()

    course = _Course(policy, now)
    retrying = tenacity.AsyncRetrying(
        retry=course.note,
        stop=course.is_over,
        wait=course.wait_s,
        sleep=sleep,
        retry_error_callback=course.give_up,
    )
    sound: Outcome = await retrying(next_attempt)
    assert isinstance(sound, Capture)
    return sound


class _Course:
    """One URL's attempts under a policy, as tenacity asks for it."""

    def __init__(self, policy: RetryPolicy, now: Callable[[], datetime]) -> None:
        self._policy = policy
        self._now = now
        self._cause: Cause = "protocol"
        self._failures: Counter[Cause] = Counter()
        self._retry_after: datetime | None = None
        self._hold_s = 0.0

    def note(self, state: tenacity.RetryCallState) -> bool:
        """Take down the last outcome; True if it calls for another attempt. Asked first, once an attempt."""
        assert state.outcome is not None
        if state.outcome.failed:
            return False  # an error of ours, such as a full disk
        outcome, cause = _last(state)
        if cause is None:
            return False
        self._cause = cause
        self._failures[cause] += 1
        self._retry_after = None
        self._hold_s = 0.0
        if isinstance(outcome, Capture):
            now = self._now()
            self._retry_after = retry_after(parse_head(outcome.head).fields, now)
            if self._retry_after is not None:
                self._hold_s = max(0.0, (self._retry_after - now).total_seconds())
        return True

    def is_over(self, state: tenacity.RetryCallState) -> bool:
        """Whether the last failure was one too many."""
        return (
            self._failures[self._cause] >= self._policy.backoff(self._cause).attempts
            or self._failures.total() >= self._policy.attempts
            or self._hold_s > self._policy.longest_retry_after_s
        )

    def wait_s(self, state: tenacity.RetryCallState) -> float:
        """Seconds until the next attempt: exponential by cause, jitter added, never before Retry-After."""
        backoff = self._policy.backoff(self._cause)
        wait = min(backoff.longest_s, backoff.first_s * 2.0 ** (self._failures[self._cause] - 1))
        return max(self._hold_s, wait) + tenacity.wait_random(0, wait * self._policy.jitter)(state)

    def give_up(self, state: tenacity.RetryCallState) -> Outcome:
        outcome, _ = _last(state)
        raise GaveUp(outcome, self._cause, state.attempt_number, self._retry_after)


def _last(state: tenacity.RetryCallState) -> tuple[Outcome, Cause | None]:
    assert state.outcome is not None
    outcome: Outcome = state.outcome.result()
    return outcome, classify(outcome)
