"""A source that shrank, fell silent, moved or blocks: the crawl stops, and nothing counts as removed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.frontier.shrinkage import LEAST, shrinkage
from mirror.imitation import Corpus, Faults, ImitationServer
from tests.home import Home
from tests.recrawl.sources import HalfLoaded, LibraryLost, OneBookShort

SIZE = 120


def expected(coverage: dict[str, Any]) -> int:
    return sum(book["expected"] or 0 for library in coverage["libraries"] for book in library["books"])


def lacking(coverage: dict[str, Any]) -> int:
    books = [book for library in coverage["libraries"] for book in library["books"]]
    return sum(len(book["missing"]) + len(book["failed"]) for book in books)


@given(before=st.sets(st.integers(1, 300)), now=st.sets(st.integers(1, 300)), most=st.floats(0, 1))
def test_only_what_was_listed_can_be_lost(before: set[int], now: set[int], most: float) -> None:
    found = shrinkage("a/1", "entries", before, now, most)
    lost = len(before - now)
    assert (found is not None) == (lost >= LEAST["entries"] and lost > most * len(before))
    assert found is None or found.lost == lost


# The entrance of the old database names its six libraries, whatever it holds: there none can be seen to go.
@pytest.mark.parametrize(
    ("dialect", "source"), [("mse", HalfLoaded), ("chorography", HalfLoaded), ("chorography", LibraryLost)]
)
def test_a_source_that_shrank_stops_the_crawl(home: Home, dialect: str, source: type[Corpus]) -> None:
    corpus = Corpus(SIZE)
    with ImitationServer(corpus, dialect) as server:  # type: ignore[arg-type]
        home.init(server)
        home.crawl()
        before = home.coverage()
        server.corpus = source(SIZE)
        asked = len(server.log)
        stopped = home.crawl(code=3)
        assert "the source shrank" in stopped.stderr
        assert len(server.log) - asked < 40, "entries were asked all the same"
        after = home.coverage()
        assert after["complete"] is False
        assert (expected(after), lacking(after)) == (expected(before), 0)
        # Still so: it stops again. Whole again: it goes on by itself.
        home.crawl(code=3)
        server.corpus = corpus
        home.crawl()
    assert home.coverage()["complete"] is True
    assert len(home.entries()) == expected(before)


def test_a_rebuild_disbelieves_the_same_pages(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        home.init(server)
        home.crawl()
        server.corpus = HalfLoaded(SIZE)
        home.crawl(code=3)
    before = home.coverage()
    home.mirror("rebuild", "t")
    after = home.coverage()
    assert [book["expected"] for library in after["libraries"] for book in library["books"]] == [
        book["expected"] for library in before["libraries"] for book in library["books"]
    ]
    assert {one["reason"] for one in after["unanswered"]} <= {one["reason"] for one in before["unanswered"]}
    assert after["unanswered"]


def test_a_shrinkage_can_be_accepted_and_what_was_held_stays(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "mse") as server:
        home.init(server)
        home.crawl()
        held = home.entries()
        server.corpus = HalfLoaded(SIZE)
        home.crawl("--accept-shrinkage")
    coverage = home.coverage()
    assert coverage["complete"] is True
    assert expected(coverage) < len(held) / 2
    assert home.entries().keys() == held.keys()
    home.mirror("rebuild", "t")
    assert expected(home.coverage()) == expected(coverage)


def test_one_short_book_is_not_believed_and_the_rest_goes_on(home: Home) -> None:
    with ImitationServer(Corpus(400), "chorography") as server:
        home.init(server)
        home.crawl()
        asked = len(server.log)
        server.corpus = OneBookShort(400)
        ended = home.crawl(code=3)
        assert len(server.log) - asked > 300
    assert "ended: finished" in ended.stderr
    coverage = home.coverage()
    assert coverage["complete"] is False
    assert [one["kind"] for one in coverage["unanswered"]] == ["list"]
    assert "where it listed" in coverage["unanswered"][0]["reason"]


@pytest.mark.parametrize(
    "faults",
    [Faults(blocked_after=0), Faults(silent_after=1), Faults(gone=1.0), Faults(unavailable=1.0, times=99)],
    ids=["blocked", "silent", "moved", "down"],
)
def test_a_source_in_trouble_removes_nothing(home: Home, faults: Faults) -> None:
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        home.init(server)
        home.crawl()
        before, asked = home.entries(), len(server.log)
        server.faults = faults
        ended = home.crawl("--set", "retry.attempts=2", "--set", "politeness.most_failures_in_a_row=5", code=None)
        assert ended.returncode in (1, 3)
        assert len(server.log) - asked < 40
        assert home.entries().keys() == before.keys()
        coverage = home.coverage()
        assert coverage["complete"] is False
        assert expected(coverage) == len(before)
        server.faults = Faults()
        home.crawl()
    assert home.coverage()["complete"] is True


def test_a_book_taken_away_is_told_from_a_source_in_trouble(home: Home) -> None:
    """640 answers of 404 in a row are no trouble where the source itself no longer names the book."""
    corpus = Corpus(200)
    with ImitationServer(corpus, "chorography") as server:
        home.init(server)
        home.crawl()
        held = home.entries()
        server.set_state(2)
        ended = home.crawl("--set", "politeness.most_failures_in_a_row=3", code=None)
    assert "ended: finished" in ended.stderr
    assert home.entries().keys() >= held.keys()
    gone = {f"{one.library}/{one.book}/{one.old_rec}" for one in corpus.changes(2) if one.kind == "book-removed"}
    assert gone and gone <= home.entries().keys()


def tables(home: Home) -> sqlite3.Connection:
    path: Path = home.path / "collections/t/mirror.db"
    return sqlite3.connect(path)


def test_lists_over_time_are_kept_and_rebuilt(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "chorography", conditional=True) as server:
        home.init(server)
        home.crawl()
        home.crawl()
        server.set_state(2)
        home.crawl(code=None)
    select = "SELECT place, names, first_seen, last_seen FROM listing ORDER BY place, first_seen"
    with tables(home) as db:
        before = db.execute(select).fetchall()
    assert any(first < last for _, _, first, last in before)
    last = [json.loads(names) for place, names, *_ in before if place == "a"]
    assert len(last[0]) == len(last[-1]) + 1
    home.mirror("rebuild", "t")
    with tables(home) as db:
        assert db.execute(select).fetchall() == before


def test_a_stretch_of_dead_entries_does_not_stop_every_run_at_the_same_place(home: Home) -> None:
    corpus = Corpus(120)
    book = corpus.books("ch9")[0]
    dead = {f"/database/ch9/section/1/article/{heading.rec}/": b"" for heading in corpus.headings(book)}
    with ImitationServer(corpus, "chorography", extra=dead) as server:
        home.init(server)
        stop_early = ["--set", "politeness.most_failures_in_a_row=8"]
        for _ in range(3):
            home.crawl(*stop_early, code=3, concurrency=1)
    assert len(home.entries()) == 120 - len(dead)
    assert home.coverage()["waiting"] == 0
