"""Quiet hours hold to the minute, over midnight, on days of changed clocks, and however they are chained."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.politeness.quiet import QuietHours

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("windows", "now", "until"),
    [
        (["08:00-12:00"], "2026-11-24 07:59:59.999999", None),
        (["08:00-12:00"], "2026-11-24 08:00", "2026-11-24 12:00"),
        (["08:00-12:00"], "2026-11-24 11:59:59.999999", "2026-11-24 12:00"),
        (["08:00-12:00"], "2026-11-24 12:00", None),
        (["23:30-01:00"], "2026-11-24 23:29", None),
        (["23:30-01:00"], "2026-11-24 23:45", "2026-11-25 01:00"),
        (["23:30-01:00"], "2026-11-25 00:59", "2026-11-25 01:00"),
        (["23:30-01:00"], "2026-11-25 01:00", None),
        (["23:30-01:00"], "2026-12-31 23:30", "2027-01-01 01:00"),
        (["20:00-24:00"], "2026-11-24 23:59", "2026-11-25 00:00"),
        (["20:00-24:00", "00:00-06:00"], "2026-11-24 21:00", "2026-11-25 06:00"),
        (["20:00-00:00", "23:00-06:00", "05:00-07:30"], "2026-11-24 21:00", "2026-11-25 07:30"),
        (["08:00-10:00", "12:00-14:00"], "2026-11-24 09:00", "2026-11-24 10:00"),
        (["08:00-10:00", "12:00-14:00"], "2026-11-24 11:00", None),
        (["9:05 – 9:06"], "2026-11-24 09:05:30", "2026-11-24 09:06"),
        ([], "2026-11-24 09:00", None),
    ],
)
def test_when_the_quiet_ends(windows: list[str], now: str, until: str | None) -> None:
    quiet = QuietHours.parse(windows, "Asia/Shanghai")
    assert quiet.until(shanghai(now)) == (shanghai(until) if until else None)


@pytest.mark.parametrize(
    ("window", "now", "until"),
    [
        # Berlin, 2026-03-29: 01:59:59 is followed by 03:00 (01:00 UTC). 02:30 does not come that day.
        ("01:00-04:00", "2026-03-29T00:00Z", "2026-03-29T02:00Z"),
        ("01:00-02:30", "2026-03-29T00:30Z", "2026-03-29T01:30Z"),
        ("02:30-05:00", "2026-03-29T01:00Z", "2026-03-29T03:00Z"),
        # 2026-10-25: 02:00 to 03:00 comes twice, from 00:00 and from 01:00 UTC.
        ("01:00-02:30", "2026-10-25T00:45Z", "2026-10-25T01:30Z"),
        ("02:30-02:45", "2026-10-25T01:20Z", "2026-10-25T01:45Z"),
        ("02:15-04:00", "2026-10-25T00:15Z", "2026-10-25T03:00Z"),
        ("22:00-06:00", "2026-10-24T20:00Z", "2026-10-25T05:00Z"),
    ],
)
def test_on_days_of_changed_clocks_no_quiet_is_cut_short(window: str, now: str, until: str) -> None:
    quiet = QuietHours.parse([window], "Europe/Berlin")
    assert quiet.until(datetime.fromisoformat(now)) == datetime.fromisoformat(until)


@pytest.mark.parametrize(
    ("windows", "problem"),
    [
        (["8-12"], "is no span of time"),
        (["08:00-24:30"], "is no span of time"),
        (["24:00-08:00"], "is no span of time"),
        (["08:60-09:00"], "is no span of time"),
        (["08:00-12:0"], "is no span of time"),
        (["０８:00-12:00"], "is no span of time"),
        (["08:00-08:00"], "has no length"),
        (["00:00-24:00"], "leaves no time"),
        (["00:00-00:00"], "has no length"),
        (["08:00-20:00", "20:00-08:00"], "leave no time"),
    ],
)
def test_what_is_no_quiet(windows: list[str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        QuietHours.parse(windows, "Asia/Shanghai")


minutes = st.integers(0, 24 * 60 - 1)
spans = st.lists(st.tuples(minutes, minutes).filter(lambda span: span[0] != span[1]), min_size=1, max_size=4)


def covered(moment: datetime, windows: list[tuple[int, int]]) -> bool:
    """Whether a local time is quiet, by the plainest reading."""
    at = moment.hour * 60 + moment.minute
    return any(a <= at < b if a < b else at >= a or at < b for a, b in windows)


@given(windows=spans, moment=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_it_is_quiet_from_now_to_the_end_and_not_a_moment_longer(
    windows: list[tuple[int, int]], moment: datetime
) -> None:
    texts = [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in windows]
    try:
        quiet = QuietHours.parse(texts, "Asia/Shanghai")
    except ValueError:
        day = datetime(2026, 1, 1)
        assert all(covered(day + timedelta(minutes=minute), windows) for minute in range(24 * 60))
        return
    until = quiet.until(moment.replace(tzinfo=SHANGHAI))
    if until is None:
        assert not covered(moment, windows)
        return
    assert until.tzinfo is UTC
    end = until.astimezone(SHANGHAI).replace(tzinfo=None)
    assert not covered(end, windows)
    step = moment
    while step < end:
        assert covered(step, windows)
        step += timedelta(minutes=17)
    assert covered(end - timedelta(microseconds=1), windows)


@given(
    begin=minutes,
    length=st.integers(1, 600),
    moment=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
def test_whatever_the_zone_a_local_time_within_is_quiet(begin: int, length: int, moment: datetime, zone: str) -> None:
    finish = (begin + length) % (24 * 60)
    quiet = QuietHours((((time(begin // 60, begin % 60)), time(finish // 60, finish % 60)),), ZoneInfo(zone))
    now = moment.replace(tzinfo=UTC)
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if covered(local, [(begin, finish)]):
        until = quiet.until(now)
        assert until is not None and until > now
        assert quiet.until(until) is None
