"""The policy by itself: what a due entry is, for any history."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mirror.frontier.due import DuePolicy, History

DAY_S = 86_400.0
seconds = st.floats(0, 3650 * DAY_S)
histories = st.builds(
    History,
    age_s=seconds,
    watched_s=seconds,
    changes=st.integers(0, 1000),
    important=st.booleans(),
    gone=st.booleans(),
    absent_s=st.none() | seconds,
)
policies = st.builds(
    DuePolicy, sweep_days=st.floats(0.1, 3650), due_chance=st.floats(0.001, 1), usual_days=st.floats(1, 3650)
)


@given(history=histories, policy=policies)
def test_everything_is_due_after_the_sweep(history: History, policy: DuePolicy) -> None:
    old = replace(history, age_s=policy.sweep_days * DAY_S)
    assert policy.urgency(old) >= 3


@given(history=histories, policy=policies)
def test_what_was_just_answered_is_never_due(history: History, policy: DuePolicy) -> None:
    assert policy.urgency(replace(history, age_s=0.0)) == 0


@given(history=histories, policy=policies, more=st.integers(1, 100))
def test_more_changes_never_make_it_less_urgent(history: History, policy: DuePolicy, more: int) -> None:
    assert policy.urgency(replace(history, changes=history.changes + more)) >= policy.urgency(history)


@given(history=histories, policy=policies, later_s=seconds)
def test_waiting_never_makes_it_less_urgent(history: History, policy: DuePolicy, later_s: float) -> None:
    absent_s = None if history.absent_s is None else history.absent_s + later_s
    later = replace(history, age_s=history.age_s + later_s, absent_s=absent_s)
    if policy.urgency(history) != 2 or history.absent_s is None:
        assert policy.urgency(later) >= policy.urgency(history)


@given(history=histories, policy=policies)
def test_importance_never_makes_it_less_urgent(history: History, policy: DuePolicy) -> None:
    assert policy.urgency(replace(history, important=True)) >= policy.urgency(replace(history, important=False))


@given(history=histories, policy=policies)
def test_a_chance_is_a_chance(history: History, policy: DuePolicy) -> None:
    assert 0 <= policy.chance(history) <= 1


def test_a_text_that_changes_monthly_is_due_within_days_and_a_still_one_after_months() -> None:
    policy = DuePolicy()
    lively = History(0, watched_s=360 * DAY_S, changes=12)
    still = History(0, watched_s=3600 * DAY_S, changes=0)

    def due_after_days(history: History) -> int:
        return next(day for day in range(1, 1000) if policy.urgency(replace(history, age_s=day * DAY_S)))

    assert 5 <= due_after_days(lively) <= 20
    assert due_after_days(still) == policy.sweep_days
    assert due_after_days(replace(lively, important=True)) <= 5


def test_what_the_contents_no_longer_list_is_asked_once_and_then_left_to_the_sweep() -> None:
    policy = DuePolicy()
    unasked = History(age_s=3 * DAY_S, absent_s=1 * DAY_S)
    assert policy.urgency(unasked) == 2
    assert policy.urgency(replace(unasked, age_s=0.5 * DAY_S, gone=True)) == 0


def test_an_answer_from_the_future_is_due() -> None:
    assert DuePolicy().urgency(History(age_s=-DAY_S)) == 2
