"""Answers that are less than they seem: none of them may count as what it is not."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

from mirror.imitation import Corpus, ImitationServer
from tests.home import Home


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
