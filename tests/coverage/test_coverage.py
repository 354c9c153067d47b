"""What `mirror status` says of what is held, lacking, and no longer there."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.cli.status import show_coverage
from mirror.imitation import Corpus, ImitationServer
from mirror.imitation.corpus import Block, ImitatedBook, ImitatedHeading
from mirror.store.coverage import BookCoverage, Coverage, LibraryCoverage
from tests.home import Home

SIZE = 80


class Strange(Corpus):
    """Two entries share a text, one has next to none, one none at all."""

    def blocks(self, book: ImitatedBook, heading: ImitatedHeading) -> list[Block]:
        place = (book.place, heading.rec)
        if place in (("ch9/1", 9), ("ch9/1", 11)):
            return [Block("paragraph", "此二条文字完全相同，编者当年误置，读者宜细察之，以免以讹传讹。")]
        if place == ("ch9/1", 12):
            return [Block("paragraph", "阙如。")]
        return [] if place == ("ch9/2", 8) else super().blocks(book, heading)


def books(coverage: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{lib['code']}/{book['number']}": book for lib in coverage["libraries"] for book in lib["books"]}


def test_what_is_strange_is_named(home: Home) -> None:
    corpus = Strange(SIZE)
    with ImitationServer(corpus, "chorography") as server:
        home.init(server)
        home.crawl()
    coverage = home.coverage()
    found = books(coverage)
    assert coverage["complete"] is True
    assert [9, 11] in found["ch9/1"]["duplicates"]
    assert 12 in found["ch9/1"]["short"]
    assert 8 in found["ch9/2"]["empty"]
    assert coverage["totals"]["expected"] == len(home.entries())
    for place, book in found.items():
        imitated = corpus.book(place.split("/")[0], book["number"])
        assert imitated is not None
        top = [one for one in corpus.headings(imitated) if not one.path]
        assert [one["rec"] for one in book["headings"]] == [one.rec for one in top]
        assert sum(one["expected"] for one in book["headings"]) == book["expected"]


def test_what_the_source_took_away_is_marked_and_stays(home: Home) -> None:
    corpus = Corpus(SIZE)
    with ImitationServer(corpus, "chorography") as server:
        home.init(server)
        home.crawl()
        held = home.entries()
        server.set_state(2)
        home.crawl()
    coverage = home.coverage()
    assert coverage["complete"] is True
    removed = {change.library + f"/{change.book}" for change in corpus.changes(2) if change.kind == "book-removed"}
    assert removed
    for place, book in books(coverage).items():
        assert (book["gone_since"] is not None) == (place in removed)
        if place not in removed:
            continue
        assert len(book["gone"]) == book["expected"]
        for one in book["gone"]:
            assert one["last_seen"] == held[f"{place}/{one['rec']}"]["last_seen"]
            assert one["last_seen"] < book["gone_since"] == one["absent_since"] < one["answered"]
            assert "404" in one["answer"]
    assert home.entries().keys() >= held.keys()
    assert coverage["since_last_crawl"]["crawl"] == 1
    assert coverage["since_last_crawl"]["gone"] == coverage["totals"]["gone"] > 0
    before = coverage
    home.mirror("rebuild", "t")
    assert home.coverage() == before


def test_a_book_taken_away_before_it_was_held_is_never_complete(home: Home) -> None:
    corpus = Corpus(SIZE)
    removed = next(one for one in corpus.changes(2) if one.kind == "book-removed")
    with ImitationServer(corpus, "chorography") as server:
        home.init(server)
        home.crawl("--limit", "70", code=3)
        server.set_state(2)
        home.crawl(code=3)  # goes on, and is told 404 for what the contents list
        home.crawl(code=3)
    book = books(home.coverage())[f"{removed.library}/{removed.book}"]
    assert book["gone_since"]
    assert book["captured"] < book["expected"]
    assert len(book["failed"]) == book["expected"] - book["captured"]


def test_the_missing_are_counted_under_their_heading(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "mse") as server:
        home.init(server)
        home.crawl("--limit", "30", code=3)
    for book in books(home.coverage()).values():
        assert sum(one["captured"] for one in book["headings"]) == book["captured"]
        assert book["expected"] - book["captured"] == len(book["missing"])


def test_words_of_the_source_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """And where a book's contents are not held there is no share: it would be of what is known alone."""
    book = BookCoverage(1, "[/b]县志[1986]", None, 2)
    known = BookCoverage(2, "[bold]年鉴", 2, 2)
    lacking = {"kind": "list", "url": "http://127.0.0.1/", "reason": "the page says [/x]"}
    show_coverage(Coverage([LibraryCoverage("a", "[/]省志", [book, known])], [lacking], 0))
    said = capsys.readouterr().out
    for words in (
        "[/b]县志[1986]",
        "[bold]年鉴",
        "[/]省志",
        "http://127.0.0.1/: the page says [/x]\n",
        "1 书未得目录",
    ):
        assert words in said
    assert "%" not in said
