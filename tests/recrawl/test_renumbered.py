"""The source inserts an entry, and every number behind it means another one: what is held then, asked, and told."""

from __future__ import annotations

import sqlite3

import pytest

from mirror.browse import books
from mirror.imitation import Corpus, Faults, ImitationServer
from tests.diff.truth import diff
from tests.home import Home

SIZE = 60


def _renumbered() -> set[str]:
    """Entries whose number had another heading before."""
    before = {f"{book.place}/{one.rec}": (one.path, one.title) for book, one in Corpus(SIZE).entries()}
    after = {f"{book.place}/{one.rec}": (one.path, one.title) for book, one in Corpus(SIZE).at(1).entries()}
    return {place for place in before.keys() & after.keys() if before[place] != after[place]}


def _outdated(home: Home) -> set[str]:
    found = home.coverage()["libraries"]
    return {
        f"{one['code']}/{book['number']}/{rec}" for one in found for book in one["books"] for rec in book["outdated"]
    }


@pytest.mark.parametrize("dialect", ["mse", "chorography"])
def test_a_number_that_means_another_entry_is_held_once_that_was_had(home: Home, dialect: str) -> None:
    with ImitationServer(Corpus(SIZE), dialect) as server:  # type: ignore[arg-type]
        home.init(server)
        home.crawl()
        first = home.entries()
        server.set_state(1)
        home.crawl("--limit", "1", code=3)

        lacking = _outdated(home)
        assert lacking <= _renumbered()
        assert len(lacking) >= len(_renumbered()) - 1
        totals = home.coverage()["totals"]
        assert totals["missing"] + totals["failed"] == len(lacking)
        held = home.entries()
        for place in lacking:
            assert (held[place]["title"], held[place]["path"]) == (first[place]["title"], first[place]["path"])
        told = diff(home)["summary"]
        assert told["added"] == told["removed"] == told["moved"] == 0
        assert told["edited"] + told["retitled"] + told["cosmetic"] + told["unchanged"] <= 1

        home.crawl("--due", code=None)
        assert _outdated(home) == set()
        assert home.coverage()["complete"] is True
        told = diff(home, "1", "3")["summary"]
        truth = Corpus(SIZE).changes(1)
        assert told["removed"] == sum(change.kind == "removed" for change in truth)
        assert told["added"] == sum(change.kind == "added" for change in truth)
        assert told["moved"] == sum(change.kind == "moved" for change in truth)


def test_nothing_is_removed_while_the_place_it_may_have_moved_to_is_not_known(home: Home) -> None:
    with ImitationServer(Corpus(120), "mse") as server:
        home.init(server)
        home.crawl()
        server.set_state(1)
        server.faults = Faults(gone=0.3)
        home.crawl("--set", "politeness.most_failures_in_a_row=500", code=3)
    truth = Corpus(120).changes(1)
    really = {(f"{one.library}/{one.book}/{one.old_rec}", one.kind) for one in truth}
    come = {f"{one.library}/{one.book}/{one.new_rec}" for one in truth if one.kind == "added"}
    told = diff(home)["changes"]
    assert {(one["old_id"], one["kind"]) for one in told if one["kind"] == "removed"} <= really
    assert {one["id"] for one in told if one["kind"] == "added"} <= come
    assert {(one["old_id"], one["kind"]) for one in told if one["kind"] == "retitled"} <= really
    coverage = home.coverage()
    assert coverage["totals"]["outdated"] > 0
    db = sqlite3.connect(home.path / "collections/t/mirror.db")
    for library in coverage["libraries"]:
        for book in library["books"]:
            shown = books.standing(db, library["code"], book["number"])
            assert sum(how in ("held", "empty") for how in shown.values()) == book["captured"]
            failed = [one["rec"] for one in books.failures(db, library["code"], book["number"])]
            assert failed == [one["rec"] for one in book["failed"]]
    db.close()
    assert coverage["complete"] is False
