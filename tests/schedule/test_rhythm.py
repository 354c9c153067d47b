"""When a run is due, for any clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.schedule.rhythm import Rhythm

instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
rhythms = st.builds(
    Rhythm.parse,
    st.builds("{}{}".format, st.integers(1, 99), st.sampled_from("hdw")),
    st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC", "America/New_York"]),
)


@given(rhythm=rhythms, began=instants)
def test_the_next_run_comes_after_the_last_and_not_much_later_than_asked(rhythm: Rhythm, began: datetime) -> None:
    following = rhythm.next_after(began)
    assert began < following <= began + timedelta(hours=rhythm.hours + 25)


@given(rhythm=rhythms, began=instants, later=st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_however_many_were_missed_one_is_made_up(rhythm: Rhythm, began: datetime, later: timedelta) -> None:
    now = began + later
    assert rhythm.is_due(began, now) == (now >= rhythm.next_after(began))
    assert not rhythm.is_due(now, now)


@given(rhythm=rhythms, now=instants, ahead=st.timedeltas(timedelta(seconds=1), timedelta(days=4000)))
def test_after_the_clock_was_set_back_a_run_is_due_at_once_and_only_once(
    rhythm: Rhythm, now: datetime, ahead: timedelta
) -> None:
    assert rhythm.is_due(now + ahead, now)
    assert not rhythm.is_due(now, now)


def test_a_run_that_was_late_does_not_move_the_rhythm() -> None:
    rhythm = Rhythm.parse("7d", "02:00", "Asia/Shanghai")
    late = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert rhythm.next_after(late) == datetime(2026, 3, 8, 18, 0, tzinfo=UTC), "2 o'clock on the 9th in Shanghai"


def test_times_of_the_day() -> None:
    def shown(every: str) -> list[str]:
        return [f"{one:%H:%M}" for one in Rhythm.parse(every, "02:30", "UTC").times_of_day]

    assert shown("7d") == ["02:30"]
    assert shown("6h") == ["02:30", "08:30", "14:30", "20:30"]
    assert len(shown("5h")) == 24


@pytest.mark.parametrize(("every", "at"), [("7", "02:00"), ("0d", "02:00"), ("7d", "24:00"), ("x", "y"), ("7d", "2")])
def test_nonsense(every: str, at: str) -> None:
    with pytest.raises(ValueError, match="write"):
        Rhythm.parse(every, at, "UTC")
