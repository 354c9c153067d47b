"""Answers that are less than they seem: none of them may count as what it is not."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mirror.extraction.page import Contents, Heading, Page
from mirror.frontier.ledger import Ledger, Reading
from mirror.frontier.shrinkage import find_shrinkage
from mirror.imitation import Corpus, ImitationServer
from mirror.politeness.memory import Memory
from mirror.sites import open_site
from mirror.store.coverage import coverage
from mirror.store.database import Database
from mirror.store.entries import save_contents
from tests.home import Home
from warc.record import Written


class Doctored(ImitationServer):
    """The imitation, with other bytes for some answers; the connection is closed behind those.

    Args:
        doctor: Given path and answer; returns what is sent instead, None to leave it.
    """

    def __init__(self, corpus: Corpus, dialect: Any, doctor: Callable[[str, bytes], bytes | None]) -> None:
        super().__init__(corpus, dialect)
        self._doctor = doctor

    async def _exchange(self, received: bytes, writer: asyncio.StreamWriter, connection: int) -> bool:
        path = received.split(b" ", 2)[1].decode("latin-1")
        sent = self._doctor(path, self._message(self._answer(path, received), received, False))
        if sent is None:
            return await super()._exchange(received, writer, connection)
        self._note(0, connection, path, 0, received, sent)
        writer.write(sent)
        await writer.drain()
        return False


def test_a_robots_txt_that_breaks_off_allows_nothing(home: Home) -> None:
    rules = b"User-agent: *\nDisallow: /tmp/\nDisallow: /database/\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(rules)

    def doctor(path: str, answer: bytes) -> bytes | None:
        return head + rules[:30] if path == "/robots.txt" else None

    with Doctored(Corpus(40), "chorography", doctor) as server:
        home.init(server)
        home.crawl(code=3)
        assert {one.path for one in server.log} == {"/robots.txt"}


def test_a_source_that_wants_rest_for_ever_gets_a_year(home: Home) -> None:
    """The last day of the calendar is no instant east of Greenwich, and nobody could crawl again."""
    forever = UNAVAILABLE.replace(b"\r\n\r\n", b"\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n\r\n")

    def doctor(path: str, answer: bytes) -> bytes | None:
        return None if path == "/robots.txt" else forever

    with Doctored(Corpus(40), "chorography", doctor) as server:
        home.init(server)
        said = home.mirror("crawl", "t", "--delay", "0", code=3, TZ="Asia/Shanghai").stderr
    assert "nothing may be asked before" in said


UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def test_a_source_that_has_moved_away_answers_nothing(home: Home) -> None:
    moved = False

    def doctor(path: str, answer: bytes) -> bytes | None:
        return redirect(f"http://elsewhere.example{path}") if moved and path != "/robots.txt" else None

    with Doctored(Corpus(40), "chorography", doctor) as server:
        home.init(server)
        home.crawl()
        moved = True
        asked = len(server.log)
        assert "redirect out of the source" in home.crawl(code=3).stderr
        assert len(server.log) - asked < 40, "entries were asked all the same"
    found = home.coverage()
    assert found["complete"] is False
    assert {"home", "library", "list"} >= {one["kind"] for one in found["unanswered"]} >= {"home"}


def test_an_entry_that_leads_to_the_entrance_is_not_held(home: Home) -> None:
    def doctor(path: str, answer: bytes) -> bytes | None:
        return redirect("/") if path == "/database/ch9/section/1/article/2/" else None

    with Doctored(Corpus(40), "chorography", doctor) as server:
        home.init(server)
        home.crawl(code=3)
    (failed,) = [
        one for library in home.coverage()["libraries"] for book in library["books"] for one in book["failed"]
    ]
    assert failed["rec"] == 2
    assert failed["reason"].startswith("listed by the source, and yet redirect to")


def test_a_crawl_that_got_no_answers_asks_for_a_look(home: Home) -> None:
    """All is held, from the crawl before; that this one learned nothing of some must not pass for well."""
    ill = False

    def doctor(path: str, answer: bytes) -> bytes | None:
        return UNAVAILABLE if ill and path.endswith("/article/2/") else None

    with Doctored(Corpus(60), "chorography", doctor) as server:
        home.init(server)
        home.crawl()
        ill = True
        said = home.crawl("--set", "retry.attempts=1", code=3).stderr
        assert "got no answer" in said
        assert home.coverage()["complete"] is True
        ill = False
        home.crawl("--missing")


def test_a_file_that_lost_captures_the_ledger_knows_is_told(home: Home) -> None:
    """A kill leaves a file open. Whoever then removes it, or a part of it, must hear of it."""
    with ImitationServer(Corpus(60), "chorography") as server:
        home.init(server)
        home.crawl()
        (path,) = home.archive()
        content = path.read_bytes()
        with sqlite3.connect(home.path / "collections/t/mirror.db") as db:
            db.execute("UPDATE warc SET whole = 0")
        path.unlink()
        assert "is not on the disk" in home.crawl(code=1).stderr
        path.with_name(path.name + ".open").write_bytes(content[: len(content) // 2])
        assert "the ledger knows captures" in home.crawl(code=1).stderr
        assert home.mirror("rebuild", "t").returncode == 0
        assert home.coverage()["complete"] is False
        home.crawl()
    assert home.coverage()["complete"] is True


def test_contents_that_broke_off_do_not_hide_a_shrinkage(tmp_path: Path) -> None:
    """What is compared is the last whole table of contents, not the stump that came in between."""

    def contents(count: int, *, complete: bool) -> Contents:
        headings = tuple(Heading(rec, f"第{rec}条", None, 0, ()) for rec in range(1, count + 1))
        return Contents("ch9", 3, headings, complete=complete)

    site = open_site("mse")
    with closing(Database(tmp_path / "mirror.db")) as database:
        ledger = Ledger(database)
        with database.transaction() as db:
            lease = ledger.lease_for(site.list_link("ch9", 3))
            save_contents(db, contents(60, complete=True), "2026-01-01T00:00:00Z")
            save_contents(db, contents(30, complete=False), "2026-02-01T00:00:00Z")
        short = find_shrinkage(
            database.connection, lease, Page("list", contents=contents(30, complete=True)), most=0.2
        )
    assert short is not None
    assert (short.before, short.now) == (60, 30)


@pytest.mark.parametrize("kind", ["home", "library", "list", "entry"])
def test_an_attempt_that_cannot_be_stored_as_it_was_is_still_no_answer(tmp_path: Path, kind: str) -> None:
    site = open_site("mse")
    links = [site.seeds()[0], site.library_link("ch9"), site.list_link("ch9", 3), site.entry_link("ch9", 3, 1)]
    (link,) = [link for link in links if link.kind == kind]
    written = Written("<urn:uuid:1>", "metadata", "2026-01-01T00:00:00Z", "t.warc.gz", 0, 9, None, None, None, None)
    with closing(Database(tmp_path / "mirror.db")) as database:
        ledger = Ledger(database)
        with database.transaction():
            lease = ledger.lease_for(link)
        ledger.settle(1, [Reading(lease, link.url, written, page=None, failure="reset: \ud800")])
        assert ledger.standing().failed == 1
        (tmp_path / "t.warc.gz.open").write_bytes(bytes(9))
        found = coverage(database.connection, tmp_path)
        assert not found.complete
        assert not found.lost_files


def test_a_shorter_retry_after_does_not_undo_a_longer_one(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with closing(Database(tmp_path / "mirror.db")) as database:
        memory = Memory(database)
        for minutes in (60, 1):
            memory.stop_host("lib.example.cn", now + timedelta(minutes=minutes))
        assert memory.not_before("lib.example.cn") == now + timedelta(minutes=60)


def test_a_clock_that_was_set_back_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(Database(tmp_path / "mirror.db")) as database:
        crawls = Ledger(database).crawls
        crawls.begin([], "2026-03-01T00:00:00.000000Z")
        crawls.begin([], "2026-03-02T00:00:00.000000Z")
        assert not caplog.messages
        crawls.begin([], "2025-03-01T00:00:00.000000Z")
    assert "Set the clock" in caplog.text
