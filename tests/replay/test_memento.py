"""Memento (RFC 7089): pywb's answers over our home, for readers that ask by date."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from mirror.imitation import Corpus, ImitationServer
from tests.home import Home
from tests.replay.conftest import StartPywb
from tests.replay.test_pywb import get, replayable

_LINK = re.compile(r'<([^>]+)>((?:\s*;\s*[a-z]+="[^"]*")*)')


def links(value: str) -> list[tuple[str, dict[str, str]]]:
    """Target and attributes of each link of a Link field or an application/link-format body (RFC 8288, 6690)."""
    return [(target, dict(re.findall(r'([a-z]+)="([^"]*)"', rest))) for target, rest in _LINK.findall(value)]


def by_relation(value: str) -> dict[str, str]:
    return {relation: target for target, attributes in links(value) for relation in attributes["rel"].split()}


@pytest.fixture
def dated(home: Home) -> dict[str, list[datetime]]:
    """Instants, to the second, of every capture that replays, by URL, oldest first; two crawls."""
    with ImitationServer(Corpus(30), "chorography", conditional=True) as server:
        home.init(server)
        home.crawl()
        time.sleep(2.1)
        server.set_state(1)
        home.crawl()
    found: dict[str, list[datetime]] = {}
    for url, date, _, _ in replayable(home.archive()):
        found.setdefault(url, []).append(datetime.fromisoformat(date).replace(microsecond=0))
    return {url: sorted(dates) for url, dates in found.items() if len(dates) == 2}


def test_a_reader_gets_the_page_of_the_date_he_asks_for(
    home: Home, dated: dict[str, list[datetime]], pywb: StartPywb
) -> None:
    root = pywb(home.path)
    assert len(dated) > 20
    for url, (first, second) in list(dated.items())[::5]:
        asked = {
            first - timedelta(days=365): first,
            first: first,
            first + (second - first) * 0.2: first,
            second: second,
            datetime(2099, 1, 1, tzinfo=UTC): second,
        }
        for wanted, expected in asked.items():
            _is_right(root, url, format_datetime(wanted.replace(microsecond=0), usegmt=True), expected)
        _is_right(root, url, None, second)


def _is_right(root: str, url: str, accept: str | None, expected: datetime) -> None:
    """A TimeGate that answers with the Memento itself (4.2.1, pattern 2.1), and the Memento's own answer (4.2.4)."""
    gate, _ = get(root, f"/t/mp_/{url}", **({"Accept_Datetime": accept} if accept else {}))
    assert gate.status == 200
    assert "accept-datetime" in gate.headers["Vary"].lower()  # 2.1.2
    place = gate.headers["Content-Location"]
    memento, _ = get(root, urlsplit(place).path + ("?" + urlsplit(place).query if "?" in place else ""))
    for answer in (gate, memento):
        assert parsedate_to_datetime(answer.headers["Memento-Datetime"]) == expected, (url, accept)  # 2.1.1
        relations = by_relation(answer.headers["Link"])  # 2.2
        assert relations["original"] == url
        assert relations["timegate"] == f"{root}/t/{url}"
        assert relations["timemap"] == f"{root}/t/timemap/link/{url}"
        assert relations["memento"] == place


def test_a_time_map_lists_every_capture(home: Home, dated: dict[str, list[datetime]], pywb: StartPywb) -> None:
    root = pywb(home.path)
    for url, dates in list(dated.items())[::7]:
        answer, body = get(root, f"/t/timemap/link/{url}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/link-format")  # 5
        listed = links(body.decode("utf-8"))
        assert [parsedate_to_datetime(a["datetime"]) for _, a in listed if a["rel"] == "memento"] == dates
        relations = by_relation(body.decode("utf-8"))
        assert (relations["original"], relations["timegate"]) == (url, f"{root}/t/{url}")
        assert relations["self"] == f"{root}/t/timemap/link/{url}"


def test_a_page_never_captured_is_not_made_up(home: Home, dated: dict[str, list[datetime]], pywb: StartPywb) -> None:
    root = pywb(home.path)
    never = next(iter(dated)).rstrip("/") + "/never/"
    for path in (f"/t/mp_/{never}", f"/t/20261124000000mp_/{never}", f"/t/timemap/link/{never}"):
        answer, _ = get(root, path)
        assert answer.status == 404
