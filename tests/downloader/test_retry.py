"""Asking again: which outcomes, how often, after how long; and every attempt is handed over."""

from __future__ import annotations

import asyncio
import email.utils
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.downloader.client import Client, Timeouts
from mirror.downloader.retry import Backoff, GaveUp, RetryPolicy, classify, fetch, retry_after
from tests.downloader.torture import CASES, PAGE, TortureServer
from warc.capture import Capture, FailedAttempt

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
STEADY = RetryPolicy(jitter=0.0)
QUICK = Timeouts(connect_s=5, idle_s=0.3, total_s=30)


@pytest.fixture(scope="module")
def server():
    with TortureServer() as server:
        yield server


class Watched:
    """One fetch, with all it did."""

    def __init__(self, url, policy=STEADY, now=NOW):
        self.befores = 0
        self.attempts = []
        self.sleeps = []
        self.gave_up = None
        self.capture = None
        asyncio.run(self._run(url, policy, now))

    async def _run(self, url, policy, now):
        async def before():
            self.befores += 1

        async def sleep(seconds):
            self.sleeps.append(seconds)

        async with Client(timeouts=QUICK) as client:
            try:
                self.capture = await fetch(
                    client, url, [], policy, before, self.attempts.append, sleep=sleep, now=lambda: now
                )
            except GaveUp as gave_up:
                self.gave_up = gave_up
        for attempt in self.attempts:
            if isinstance(attempt, Capture):
                attempt.payload.close()


def test_a_sound_answer_is_asked_for_once(server):
    for case in ("page", "not-found", "redirect", "chunked", "status-999"):
        watched = Watched(server.url(case))
        assert (watched.befores, len(watched.attempts), watched.sleeps) == (1, 1, []), case
        assert watched.capture is watched.attempts[0]


@pytest.mark.parametrize(
    ("case", "cause", "waits"),
    [
        ("error", "503", [30, 60]),
        ("reset-in-head", "reset", [5, 10]),
        ("closed-in-head", "short", [2, 4]),
        ("short", "short", [2, 4]),
        ("reset-in-chunk", "short", [2, 4]),
        ("silence-in-body", "timeout", [10, 20]),
        ("silence", "timeout", [10, 20]),
    ],
)
def test_a_server_that_fails_twice_is_asked_three_times(server, case, cause, waits):
    watched = Watched(server.url(f"flaky/{case}/2/retry"))
    assert watched.capture is watched.attempts[-1]
    assert watched.capture.payload.read() == PAGE
    assert watched.befores == len(watched.attempts) == 3
    assert [classify(attempt) for attempt in watched.attempts] == [cause, cause, None]
    assert watched.sleeps == waits


def test_stumps_are_handed_over_with_what_came(server):
    stump, whole = Watched(server.url("flaky/reset-in-body/1/stump")).attempts
    assert (stump.truncated, whole.truncated) == ("disconnect", None)
    assert b"".join(stump.wire()) == CASES["reset-in-body"].parts[0]


def test_each_cause_has_its_own_measure(server):
    policy = RetryPolicy(jitter=0.0, short=Backoff(3, 1.0, 1.5), reset=Backoff(1, 1.0, 1.0))
    watched = Watched(server.url("short"), policy)
    assert watched.gave_up.cause == "short"
    assert watched.gave_up.attempts == len(watched.attempts) == 3
    assert watched.gave_up.last is watched.attempts[-1]
    assert watched.sleeps == [1.0, 1.5]
    assert str(watched.gave_up).endswith("closed the connection after 5 bytes of the body (asked 3 times)")
    assert len(Watched(server.url("reset-at-once"), policy).attempts) == 1


def test_all_causes_together_have_a_measure(server):
    watched = Watched(server.url("short"), RetryPolicy(jitter=0.0, attempts=2))
    assert len(watched.attempts) == 2


def test_a_port_where_nothing_listens_is_given_up(server):
    watched = Watched("http://127.0.0.1:1/")
    assert watched.gave_up.cause == "connect"
    assert str(watched.gave_up) == (
        "http://127.0.0.1:1/: connecting to 127.0.0.1 port 1: Connection refused (asked 5 times)"
    )


def test_jitter_only_adds(server):
    watched = Watched(server.url("short"), RetryPolicy(jitter=0.5))
    for seconds, least in zip(watched.sleeps, (2, 4, 8), strict=True):
        assert least <= seconds <= least * 1.5


@pytest.mark.parametrize(
    "value", ["90", email.utils.format_datetime(NOW + timedelta(seconds=90), usegmt=True)], ids=["seconds", "date"]
)
def test_nobody_is_asked_before_retry_after(value):
    with TortureServer(fields=f"Retry-After: {value}\r\n".encode()) as server:
        watched = Watched(server.url("flaky/error/1/after"))
    assert watched.sleeps == [90]
    assert watched.capture.payload.read() == PAGE


def test_a_retry_after_far_away_is_left_to_others():
    with TortureServer(fields=b"Retry-After: 86400\r\n") as server:
        watched = Watched(server.url("flaky/error/1/far"))
    assert watched.sleeps == []
    assert watched.gave_up.retry_after == NOW + timedelta(days=1)


def test_an_archive_that_cannot_be_written_stops_everything(server):
    class Full(Exception):
        pass

    def after(outcome):
        seen.append(outcome)
        if len(seen) == 2:
            raise Full

    async def run():
        async with Client(timeouts=QUICK) as client:
            await fetch(client, server.url("short"), [], RetryPolicy(), nothing, after, sleep=lambda _: nothing())

    async def nothing():
        pass

    seen = []
    with pytest.raises(Full):
        asyncio.run(run())
    assert len(seen) == 2


def test_every_failure_has_numbers():
    policy = RetryPolicy()
    for case in CASES.values():
        if case.fails:
            attempt = FailedAttempt("http://example.org/", NOW, case.fails, "")
            assert policy.backoff(classify(attempt)).attempts >= 1
    assert {f.name for f in fields(policy) if f.name.startswith("status_")} == {
        f"status_{status}" for status in (408, 429, 500, 502, 503, 504)
    }
    assert replace(policy, jitter=0.0) != policy


# Retry-After (RFC 9110, 5.6.7 and 10.2.3)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"120", NOW + timedelta(seconds=120)),
        (b" 0 ", NOW),
        (b"Sun, 06 Nov 1994 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        (b"Sunday, 06-Nov-94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        (b"Sun Nov  6 08:49:37 1994", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        (b"Mon, 02 Mar 2026 08:00:00 +0800", datetime(2026, 3, 2, tzinfo=UTC)),
        (b"", None),
        (b"soon", None),
        (b"-5", None),
        (b"1.5", None),
        ("稍后".encode("gbk"), None),
        ("१२".encode(), None),
        (b"9" * 400, None),
        (b"Sun, 99 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_retry_after(value, expected):
    assert retry_after([(b"Server", b"x"), (b"rETRY-aFTER", value)], NOW) == expected


def test_no_retry_after():
    assert retry_after([], NOW) is None


@given(st.binary(max_size=60))
def test_retry_after_never_raises(value):
    found = retry_after([(b"Retry-After", value)], NOW)
    assert found is None or found.tzinfo is not None


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2068, 1, 1)))
def test_every_form_of_a_date_reads_back(moment):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    for form in ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"):
        assert retry_after([(b"Retry-After", moment.strftime(form).encode())], NOW) == moment
