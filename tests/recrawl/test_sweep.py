"""What a daily budget allows, by requests and by bytes, and whether it is enough for a sweep."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.frontier.sweep import Sweep
from mirror.imitation import Corpus, ImitationServer
from mirror.politeness.budget import Budget
from tests.home import Home


@given(
    requests=st.integers(0, 50),
    size_bytes=st.integers(0, 50_000),
    page=st.integers(1, 3_000),
    spent=st.tuples(st.integers(0, 60), st.integers(0, 60_000)),
)
def test_what_is_left_can_be_asked_and_no_more(
    requests: int, size_bytes: int, page: int, spent: tuple[int, int]
) -> None:
    budget = Budget(requests, size_bytes, ZoneInfo("Asia/Shanghai"), lambda day: spent, lambda *what: None)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    first = budget.take(now) is None
    budget.add_bytes(page * first)
    left = budget.left(page)
    assert (left is None) == (not requests and not size_bytes)
    asked = 0
    while asked < 100 and budget.take(now) is None:
        budget.add_bytes(page)
        asked += 1
    assert asked == (100 if left is None else min(left, 100)), "pages of the same size: to a page"


@pytest.mark.parametrize(
    ("requests", "size_bytes", "days", "advice"),
    [
        (0, 0, 0, []),
        (5_000, 0, 60, []),
        (1_000, 0, 300, ["politeness.daily_requests = 3334", "recrawl.sweep_days = 300"]),
        (5_000, 1_000_000, 1_200, ["politeness.daily_bytes = 13336000", "sweep_days = 1200"]),
        (1_000, 1_000_000, 1_200, ["daily_requests = 3334", "daily_bytes = 13336000"]),
    ],
)
def test_a_budget_too_small_for_the_sweep_is_told(
    requests: int, size_bytes: int, days: int, advice: list[str]
) -> None:
    sweep = Sweep(300_000, 4_000.0, requests, size_bytes, 90.0)
    assert sweep.days == days
    warning = sweep.warning()
    assert (warning is not None) == bool(advice)
    assert all(part in (warning or "") for part in advice)
    # What it says to set is enough.
    enough = Sweep(300_000, 4_000.0, requests and 3_334, size_bytes and 13_336_000, 90.0)
    assert enough.warning() is None


def test_bytes_too_bound_what_is_chosen_as_due(home: Home) -> None:
    with ImitationServer(Corpus(60), "chorography") as server:
        home.init(server)
        home.crawl("--due")
        with sqlite3.connect(home.path / "collections/t/mirror.db") as db:
            (requests, spent) = db.execute("SELECT total(requests), total(bytes) FROM spent").fetchone()
        db.close()
        time.sleep(1)
        since = len(server.log)
        most = round(spent + 20 * spent / requests)
        ran = home.crawl("--due", "--set", "recrawl.sweep_days=0.00001", "--set", f"politeness.daily_bytes={most}")
        assert "ended: finished" in ran.stderr, "it chose what fits, and did not run into the limit"
        assert "daily budget is too small" in ran.stderr
        asked = [one for one in server.log[since:] if "/article/" in one.path]
        assert 0 < len(asked) < 40
