"""Answers that are less than they seem: none of them may count as what it is not."""

from __future__ import annotations

import asyncio
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
