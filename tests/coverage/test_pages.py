"""Contents, and lists of books, that the source shows in several pages."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mirror.imitation import Corpus, ImitationServer
from mirror.imitation.corpus import ImitatedBook, ImitatedHeading
from mirror.imitation.server import Dialect
from tests.diff.truth import diff, told, true_changes
from tests.home import Home
from warc.reader import read_at

CORPUS = Corpus(60)


def books(coverage: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{lib['code']}/{book['number']}": book for lib in coverage["libraries"] for book in lib["books"]}


@pytest.mark.parametrize("dialect", ["mse", "chorography"])
def test_contents_in_several_pages_are_one_table(home: Home, dialect: Dialect) -> None:
    with ImitationServer(CORPUS, dialect, lines_a_page=9, books_a_page=1, conditional=True) as server:
        home.init(server)
        home.crawl()
        coverage = home.coverage()
        assert coverage["complete"] is True
        found = books(coverage)
        for library, _ in CORPUS.libraries():
            for book in CORPUS.books(library):
                assert found[book.place]["expected"] == found[book.place]["captured"] == len(CORPUS.headings(book))
                assert found[book.place]["contents_complete"]
                assert not found[book.place]["gaps"] and not found[book.place]["unlisted"]
        entries = home.entries()
        for book, heading in CORPUS.entries():
            entry = entries[f"{book.place}/{heading.rec}"]
            assert (entry["title"], entry["path"]) == (heading.title, list(heading.path))
            assert entry["book"]["title"] == book.title
        # At the next state an entry was put in the middle of each book: others moved from one page to the next.
        server.set_state(1)
        home.crawl()
        if dialect == "chorography":
            assert any(one.status == 304 and "?page=" in one.path for one in server.log)
    assert told(diff(home)) == true_changes(CORPUS, 0, 1)
    coverage = home.coverage()
    assert coverage["complete"] is True
    statement = json.loads(Path(home.mirror("status", "t", "--certificate").stdout.strip()).read_bytes())
    for place, book in books(statement).items():
        pages = book["contents"]
        assert len(pages) == -(-book["expected"] // 9), place
        for page in pages:
            record = read_at(home.path / "collections/t/archive" / page["warc"], page["offset"])
            assert (record.type, record.target_uri) == ("response", page["url"])
    assert home.mirror("verify", "t").returncode == 0
    home.mirror("rebuild", "t")
    assert home.coverage() == coverage
    assert told(diff(home)) == true_changes(CORPUS, 0, 1)


def test_without_its_middle_page_a_book_is_never_complete(home: Home) -> None:
    place, middle = "ch9/1", "/bin/mse.exe?seachword=&K=ch9&A=1&rec=&list=2&page=&run=12"
    with ImitationServer(CORPUS, "mse", lines_a_page=9) as server:
        home.init(server)
        server.down = {middle}
        home.crawl(code=3)
        first = books(home.coverage())[place]
        assert (first["contents_complete"], first["missing"], first["failed"]) == (False, [], [])
        # The pager leads from page to page: behind the one that failed nothing is known.
        assert first["contents_missing"] and first["expected"] < 20
        server.down = set()
        home.crawl("--missing")
        whole = home.coverage()
        assert whole["complete"] is True
        held = home.entries().keys()
        assert len(held) == len(list(CORPUS.entries()))
        # The same page fails once all is held: nothing has gone, and still nothing is proven.
        server.down = {middle}
        home.crawl(code=3)
        coverage = home.coverage()
        broken = books(coverage)[place]
        assert coverage["complete"] is False
        assert (broken["contents_complete"], broken["gone"], broken["unlisted"]) == (False, [], [])
        assert broken["contents_missing"] == [f"{server.url}{middle[1:]}"]
        assert broken["expected"] == broken["captured"] == books(whole)[place]["expected"]
        assert not diff(home)["changes"]
        shown = home.mirror("status", "t", code=3).stdout
        assert "目录不全" in shown and "完整 complete" not in shown
        path = Path(home.mirror("status", "t", "--certificate", code=3).stdout.strip())
        assert "目录不全" in path.with_suffix(".html").read_text("utf-8")
        home.mirror("rebuild", "t")
        assert books(home.coverage())[place] == broken
        server.down = set()
        asked = len(server.log)
        home.crawl("--missing")
        assert 3 <= len(server.log) - asked < 10, "the pages of one book, and no more"
    assert home.coverage()["complete"] is True
    # An entry that the ledger forgets of contents in several pages would not be missed; `mirror verify` does.
    with closing(sqlite3.connect(home.path / "collections/t/mirror.db")) as db, db:
        newest = "(SELECT list FROM chain WHERE whole ORDER BY id DESC LIMIT 1)"
        db.execute(f"DELETE FROM heading WHERE contents = {newest} AND rec = 5")
    assert "is not what its pages show" in home.mirror("verify", "t", code=3).stdout


class Shorter(Corpus):
    """Books lose their last lines, so that their contents need fewer pages: five each, or 15."""

    lost = 5

    def headings(self, book: ImitatedBook) -> tuple[ImitatedHeading, ...]:
        return super().headings(book)[: -self.lost] if book.number == 1 else super().headings(book)


class FarShorter(Shorter):
    lost = 15


def test_a_chain_may_shrink(home: Home) -> None:
    place = "ch9/1"
    size = len(CORPUS.headings(CORPUS.books("ch9")[0]))
    lines = size - 3  # the last page holds three entries, and is gone afterwards
    with ImitationServer(CORPUS, "chorography", lines_a_page=lines) as server:
        home.init(server)
        home.crawl()
        server.corpus = Shorter(60)
        home.crawl()
        coverage = home.coverage()
        assert coverage["complete"] is True, coverage["unanswered"]
        book = books(coverage)[place]
        assert book["expected"] == size - 5
        assert book["unlisted"] == [one["rec"] for one in book["gone"]] == list(range(size - 4, size + 1))
        found = diff(home)
        assert found["summary"]["removed"] == len(found["changes"]) == 5 * len(CORPUS.libraries())
        # Far too much at once is not believed, and stops nothing but the belief.
        server.corpus = FarShorter(60)
        home.crawl(code=3)
        doubted = home.coverage()
        assert doubted["complete"] is False
        assert books(doubted)[place]["expected"] == size - 5
        assert any("where it listed" in one["reason"] for one in doubted["unanswered"])
        assert not diff(home)["changes"]
        home.mirror("rebuild", "t")
        assert books(home.coverage())[place]["expected"] == size - 5
        home.crawl("--accept-shrinkage")
    assert home.coverage()["complete"] is True
    assert books(home.coverage())[place]["expected"] == size - 15


def test_a_list_of_books_in_pages_is_one_list(home: Home) -> None:
    corpus = Corpus(80)
    with ImitationServer(corpus, "chorography", books_a_page=1) as server:
        home.init(server)
        home.crawl()
        assert home.coverage()["complete"] is True
        server.down = {"/database/ch9/?page=2"}
        home.crawl(code=3)
        coverage = home.coverage()
        assert coverage["complete"] is False
        assert [one["url"] for one in coverage["unanswered"]] == [f"{server.url}database/ch9/?page=2"]
        assert not any(book["gone_since"] for book in books(coverage).values())
        server.down = set()
        server.set_state(2)  # the last book of the last library is taken away
        home.crawl()
    coverage = home.coverage()
    assert coverage["complete"] is True, coverage["unanswered"]
    removed = {f"{one.library}/{one.book}" for one in corpus.changes(2) if one.kind == "book-removed"}
    assert {place for place, book in books(coverage).items() if book["gone_since"]} == removed != set()
    assert told(diff(home, "2", "3")) == true_changes(corpus, 0, 2)
    home.mirror("rebuild", "t")
    assert home.coverage() == coverage
