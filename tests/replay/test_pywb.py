"""What we archived replays in pywb with no further step, every page to the byte."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from warcio.archiveiterator import ArchiveIterator

from mirror.imitation import Corpus, ImitationServer
from tests.home import Home
from tests.replay.conftest import StartPywb

Dialect = Literal["mse", "chorography"]


def get(root: str, path: str, **fields: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Ask for exactly this path, and take the body as it comes."""
    connection = http.client.HTTPConnection(urlsplit(root).netloc, timeout=30)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in fields.items()})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def replayable(archive: list[Path]) -> Iterator[tuple[str, str, bytes, bool]]:
    """URL, WARC-Date, payload as warcio reads it, whether it is a revisit: of every capture that says 200."""
    payloads: dict[tuple[str, str], bytes] = {}
    for path in archive:
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                url, date = record.rec_headers["WARC-Target-URI"], record.rec_headers["WARC-Date"]
                if record.rec_type == "response" and record.http_headers.get_statuscode() == "200":
                    payloads[url, date] = record.raw_stream.read()
                    yield url, date, payloads[url, date], False
                elif record.rec_type == "revisit":
                    original = (
                        record.rec_headers["WARC-Refers-To-Target-URI"],
                        record.rec_headers["WARC-Refers-To-Date"],
                    )
                    if original in payloads:
                        yield url, date, payloads[original], True


@pytest.mark.parametrize(("dialect", "conditional"), [("mse", False), ("chorography", True), ("chorography", False)])
def test_every_page_replays_to_the_byte(home: Home, pywb: StartPywb, dialect: Dialect, conditional: bool) -> None:
    with ImitationServer(Corpus(60), dialect, conditional=conditional) as server:
        home.init(server)
        home.crawl()
        time.sleep(1.1)  # a replay URL has no more than the second
        server.set_state(1)
        home.crawl()
    root = pywb(home.path)
    captures = list(replayable(home.archive()))
    assert len(captures) >= 120
    assert sum(revisit for *_, revisit in captures) >= (2 if dialect == "mse" else 15)
    for url, date, payload, _ in captures:
        moment = datetime.fromisoformat(date)
        # pywb undoes a content coding for a reader who does not say that he can
        answer, body = get(root, f"/t/{moment:%Y%m%d%H%M%S}id_/{url}", Accept_Encoding="gzip")
        assert (answer.status, body == payload) == (200, True), f"{url} at {date}"
        assert answer.headers["Memento-Datetime"] == format_datetime(moment.replace(microsecond=0), usegmt=True)
    first = captures[0][0]
    listed = {line["timestamp"] for line in _timemap(root, first)}
    assert {f"{datetime.fromisoformat(date):%Y%m%d%H%M%S}" for url, date, *_ in captures if url == first} <= listed


def _timemap(root: str, url: str) -> list[dict[str, str]]:
    answer, body = get(root, f"/t/timemap/json/{url}")
    assert answer.status == 200
    return [json.loads(line) for line in body.splitlines()]


@pytest.mark.parametrize(("dialect", "charset"), [("mse", "gb18030"), ("chorography", "utf-8")])
def test_a_rewritten_page_still_says_what_it_said(
    home: Home, pywb: StartPywb, dialect: Dialect, charset: str
) -> None:
    corpus = Corpus(30)
    with ImitationServer(corpus, dialect) as server:
        home.init(server)
        home.crawl()
    root = pywb(home.path)
    shown = 0
    for entry in home.entries().values():
        capture = entry["capture"]
        answer, body = get(
            root, f"/t/{datetime.fromisoformat(capture['timestamp']):%Y%m%d%H%M%S}mp_/{capture['url']}"
        )
        assert answer.status == 200
        page = body.decode(charset)
        lines = [line for line in entry["raw_text"].splitlines() if line.strip() and not set(line) & set("&<>")]
        shown += len(lines)
        assert [line for line in lines if line.strip() not in page] == []
    assert shown > 100
