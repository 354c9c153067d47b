"""What a crawl asks: everything, what is due, or what is missing."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from mirror.imitation import Corpus, Faults, ImitationServer
from tests.home import Home

SIZE = 80


def entries_asked(server: ImitationServer, since: int) -> Counter[str]:
    paths = [one.path for one in server.log[since:]]
    return Counter(path for path in paths if "/article/" in path or "run=13" in path)


@pytest.mark.parametrize("dialect", ["mse", "chorography"])
def test_what_is_due(home: Home, dialect: str) -> None:
    corpus = Corpus(SIZE)
    with ImitationServer(corpus, dialect) as server:  # type: ignore[arg-type]
        home.init(server)
        home.crawl("--due")
        assert home.coverage()["complete"] is True
        assert len(home.entries()) == SIZE

        since = len(server.log)
        home.crawl("--due")
        assert len(server.log) > since, "the contents are asked in every crawl"
        assert not entries_asked(server, since)

        time.sleep(1)  # a hundred-thousandth of a day, and a little more
        since = len(server.log)
        home.crawl("--due", "--set", "recrawl.sweep_days=0.00001")
        assert len(entries_asked(server, since)) == SIZE
        assert set(entries_asked(server, since).values()) == {1}

        time.sleep(1)
        since = len(server.log)
        home.crawl("--due", "--set", "recrawl.sweep_days=0.00001", "--set", f"politeness.daily_requests={since + 40}")
        asked = sum(entries_asked(server, since).values())
        assert 0 < asked < SIZE
        assert len(server.log) - since == 40


def test_what_the_source_no_longer_lists_is_asked_once_more_and_stays(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "chorography") as server:
        home.init(server)
        home.crawl()
        held = home.entries().keys()
        server.corpus = _without_last(SIZE)
        since = len(server.log)
        home.crawl("--due")
        asked = entries_asked(server, since)
        assert len(asked) == 4, "the last entry of each book"
        assert home.coverage()["complete"] is True
        assert home.entries().keys() == held
        since = len(server.log)
        home.crawl("--due")
        assert not entries_asked(server, since)


def _without_last(size: int) -> Corpus:
    class Without(Corpus):
        def headings(self, book):  # type: ignore[no-untyped-def]
            return super().headings(book)[:-1]

    return Without(size)


def test_what_is_missing(home: Home) -> None:
    faults = Faults(gone=0.05, block=0.1, times=99)
    with ImitationServer(Corpus(SIZE), "chorography", faults=faults) as server:
        home.init(server)
        home.crawl(code=3)
        before = home.coverage()
        failed = sum(len(book["failed"]) for library in before["libraries"] for book in library["books"])
        assert failed
        held = len(home.entries())
        server.faults = Faults()
        since = len(server.log)
        home.crawl("--missing")
        assert sum(entries_asked(server, since).values()) == SIZE - held
        assert home.coverage()["complete"] is True
        since = len(server.log)
        home.crawl("--missing")
        assert [one.path for one in server.log[since:]] == ["/robots.txt"]


def test_missing_out_of_a_crawl_that_was_stopped(home: Home) -> None:
    with ImitationServer(Corpus(SIZE), "mse") as server:
        home.init(server)
        home.crawl("--limit", "30", code=3)
        since = len(server.log)
        home.crawl("--missing")
        assert sum(entries_asked(server, since).values()) == SIZE - 30
    assert home.coverage()["complete"] is True
